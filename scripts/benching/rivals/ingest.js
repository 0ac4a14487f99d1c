// Answers taken by socket.io: `node ingest.js PORT`. The same checks, a token bucket, a bus that stores at once.
const http = require('http');
const readline = require('readline');
const { Server } = require('socket.io');
const server = http.createServer();
const io = new Server(server, { transports: ['websocket'], serveClient: false, pingInterval: 600000, perMessageDeflate: false });

const publish = async () => {};
io.on('connection', (socket) => {
  const answers = new Map();
  let tokens = 1e9;
  let at = performance.now();
  const shown = at;
  socket.on('answer', async (message, ack) => {
    const now = performance.now();
    tokens = Math.min(1e9, tokens + ((now - at) / 1000) * 1e9) - 1;
    at = now;
    const { question_id, option, id } = message;
    if (tokens < 0 || typeof question_id !== 'string' || !['A', 'B', 'C', 'D'].includes(option) || !id) {
      return socket.disconnect(true);
    }
    const status = answers.has(question_id) ? 'duplicate' : 'accepted';
    answers.set(question_id, option);
    await publish(JSON.stringify([socket.id, question_id, id, option, Date.now(), now - shown]));
    ack({ type: 'ack', re: id, question_id, status });
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1', () => console.log(JSON.stringify({ port: process.argv[2] })));
readline.createInterface({ input: process.stdin }).on('line', () => {
  const used = process.cpuUsage();
  console.log(JSON.stringify({ cpu_s: (used.user + used.system) / 1e6 }));
}).on('close', () => process.exit(0));
