// Fan-out of Node's `ws` and `socket.io`: `node fanout.js ws|socketio PORT`, obeying the same orders as the others.
const http = require('http');
const readline = require('readline');
const [kind, port] = [process.argv[2], Number(process.argv[3])];
const payload = 'x'.repeat(400);
const server = http.createServer();
let broadcast, backlog;

const sample = (all) => [...all].filter((_, number) => number % 50 === 0);
if (kind === 'ws') {
  const { WebSocketServer } = require('ws');
  const sockets = new WebSocketServer({ server, path: '/ws', perMessageDeflate: false });
  const data = Buffer.from(payload);
  broadcast = () => { for (const one of sockets.clients) one.send(data, { binary: false }); };
  backlog = () => Math.max(0, ...sample(sockets.clients).map((one) => one.bufferedAmount));
} else {
  const { Server } = require('socket.io');
  const io = new Server(server, { transports: ['websocket'], serveClient: false, pingInterval: 600000, perMessageDeflate: false });
  // 42["m","…"] is as long as our frame's payload.
  const text = 'x'.repeat(400 - '42["m",""]'.length);
  broadcast = () => io.emit('m', text);
  backlog = () => Math.max(0, ...sample(io.engine.clients ? Object.values(io.engine.clients) : [])
    .map((one) => one.transport.socket ? one.transport.socket.bufferedAmount : 0));
}

const pause = (ms) => new Promise((done) => (ms ? setTimeout(done, ms) : setImmediate(done)));
const monotonic = () => Number(process.hrtime.bigint()) / 1e9;
server.listen(port, '127.0.0.1', () => console.log(JSON.stringify({ port })));
readline.createInterface({ input: process.stdin }).on('line', async (line) => {
  const { frames, every_s } = JSON.parse(line);
  const before = process.cpuUsage();
  const written_at = [];
  for (let number = 0; number < frames; number += 1) {
    written_at.push(monotonic());
    broadcast();
    await pause((every_s || 0) * 1000);
    while (backlog() > 65536) await pause(0.5);
  }
  while (backlog()) await pause(0.5);
  const used = process.cpuUsage(before);
  console.log(JSON.stringify({ written_at, cpu_s: (used.user + used.system) / 1e6 }));
}).on('close', () => process.exit(0));
