// The load side of `fanout` and `ingest` where there is a C compiler: `load KIND PORT CONNECTIONS FRAME_BYTES`.
// KIND is tcp, ws or socketio. It obeys the same orders as fanout_load.py and ingest_load.py, and says the same lines.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 256 * 1024, EVENTS = 512, AT_ONCE = 100, PATIENCE_MS = 120000, PAUSE_US = 100 };
static char data[READ_BYTES + 1];
static const char *kind;
static int port, connections, frame_bytes, poller;
static int *sockets;
static uint64_t *received;  // bytes by connection since the order began

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec + at.tv_nsec / 1e9;
}

static double cpu(void) {
  struct timespec used;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return used.tv_sec + used.tv_nsec / 1e9;
}

static void put(int fd, const char *bytes, size_t length) {
  if (send(fd, bytes, length, MSG_NOSIGNAL) != (ssize_t)length) fail("send");
}

// A text frame of up to 125 bytes, masked with zeros.
static size_t framed(char *frame, const char *text) {
  size_t length = strlen(text);
  memcpy(frame, (char[]){(char)0x81, (char)(0x80 | length), 0, 0, 0, 0}, 6);
  memcpy(frame + 6, text, length);
  return length + 6;
}

// Read until `wanted` has come.
static void await_text(int fd, const char *wanted) {
  size_t have = 0;
  while (!memmem(data, have, wanted, strlen(wanted))) {
    ssize_t some = have < 4096 ? recv(fd, data + have, 4096 - have, 0) : 0;
    if (some <= 0) fail("handshake");
    have += some;
  }
}

// Connect, and ask for a WebSocket.
static int begun(void) {
  struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  if (fd < 0 || connect(fd, (struct sockaddr *)&place, sizeof place)) fail("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (!strcmp(kind, "tcp")) return fd;
  int ours = !strcmp(kind, "ws");
  char text[512];
  snprintf(text, sizeof text,
           "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n%s\r\n",
           ours ? "/ws" : "/socket.io/?EIO=4&transport=websocket", port,
           ours ? "Sec-WebSocket-Protocol: quiz.v1\r\n" : "");
  put(fd, text, strlen(text));
  return fd;
}

// Wait until frames may come.
static void joined(int fd) {
  if (!strcmp(kind, "tcp")) {
    await_text(fd, "!");
  } else if (!strcmp(kind, "ws")) {
    await_text(fd, "\r\n\r\n");
  } else {
    char frame[16];
    await_text(fd, "0{");
    put(fd, frame, framed(frame, "40"));
    await_text(fd, "40{");
  }
}

// Hand every read to `take` until it says that all is there. Reads some at a time, `pause_us` apart.
static void serve(int (*take)(int number, const char *data, size_t length), int pause_us) {
  struct epoll_event ready[EVENTS];
  for (;;) {
    if (pause_us) usleep(pause_us);
    int count = epoll_wait(poller, ready, EVENTS, PATIENCE_MS);
    if (count <= 0) fail("nothing came");
    for (int each = 0; each < count; each++) {
      int number = ready[each].data.u32;
      ssize_t length = recv(sockets[number], data, READ_BYTES, 0);
      if (length <= 0) fail("closed");
      if (take(number, data, length)) return;
    }
  }
}

static int frames, complete;
static int *had;            // by frame: how many connections have it
static double first_at, *complete_at;

static int on_frames(int number, const char *bytes, size_t length) {
  (void)bytes;
  double at = now();
  if (!first_at) first_at = at;
  uint64_t from = received[number] / frame_bytes, to = (received[number] += length) / frame_bytes;
  for (uint64_t frame = from; frame < to && frame < (uint64_t)frames; frame++)
    if (++had[frame] == connections) complete_at[complete++] = at;
  return complete == frames;
}

static void receive(int count) {
  frames = count, complete = 0, first_at = 0;
  had = calloc(count, sizeof *had);
  complete_at = calloc(count, sizeof *complete_at);
  memset(received, 0, connections * sizeof *received);
  puts("{\"ready\": true}");
  fflush(stdout);
  double before = cpu();
  serve(on_frames, PAUSE_US);
  double seconds = complete_at[count - 1] - first_at;
  printf("{\"seconds\": %.9f, \"cpu_share\": %.4f, \"complete_at\": [", seconds, seconds > 0 ? (cpu() - before) / seconds : 0);
  for (int frame = 0; frame < count; frame++) printf("%s%.9f", frame ? ", " : "", complete_at[frame]);
  puts("]}");
  free(had);
  free(complete_at);
}

static int missing;

static int on_acks(int number, const char *bytes, size_t length) {
  (void)number;
  const char *end = bytes + length, *at = bytes;
  while ((at = memmem(at, end - at, "accepted", 8))) missing--, at += 8;
  return missing <= 0;
}

static void answer(int questions) {
  double began_at = now(), before = cpu();
  for (int question = 0; question < questions; question++) {
    char body[126], text[126], frame[160];
    snprintf(body, sizeof body, "{\"type\":\"answer\",\"id\":\"a%d\",\"question_id\":\"q%d\",\"option\":\"B\"}", question, question);
    if (strcmp(kind, "socketio")) strcpy(text, body);
    else if (snprintf(text, sizeof text, "42%d[\"answer\",%s]", question, body) >= (int)sizeof text) fail("too long");
    size_t length = framed(frame, text);
    missing = connections;
    for (int number = 0; number < connections; number++) put(sockets[number], frame, length);
    serve(on_acks, 0);
  }
  double seconds = now() - began_at;
  printf("{\"seconds\": %.9f, \"cpu_share\": %.4f}\n", seconds, (cpu() - before) / seconds);
}

int main(int count, char **arguments) {
  if (count < 5) return 2;
  kind = arguments[1], port = atoi(arguments[2]), connections = atoi(arguments[3]), frame_bytes = atoi(arguments[4]);
  sockets = calloc(connections, sizeof *sockets);
  received = calloc(connections, sizeof *received);
  poller = epoll_create1(0);
  for (int first = 0; first < connections; first += AT_ONCE) {
    int end = first + AT_ONCE < connections ? first + AT_ONCE : connections;
    for (int number = first; number < end; number++) sockets[number] = begun();
    for (int number = first; number < end; number++) {
      struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};
      joined(sockets[number]);
      if (epoll_ctl(poller, EPOLL_CTL_ADD, sockets[number], &event)) fail("epoll");
    }
  }
  printf("{\"connected\": %d}\n", connections);
  fflush(stdout);
  char line[256];
  for (int wanted; fgets(line, sizeof line, stdin); fflush(stdout)) {
    if (sscanf(line, "{\"frames\": %d", &wanted) == 1) receive(wanted);
    else if (sscanf(line, "{\"questions\": %d", &wanted) == 1) answer(wanted);
  }
  return 0;
}
