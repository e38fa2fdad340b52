// The least of RFC 6455 that the mock needs: small text frames both ways.

import { createHash } from "node:crypto";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export function acceptSocket(request, socket, onOpen) {
  const accept = createHash("sha1")
    .update(request.headers["sec-websocket-key"] + GUID)
    .digest("base64");
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
  const connection = {
    onmessage: () => {},
    onclose: () => {},
    send: (text) => socket.writable && socket.write(frame(Buffer.from(text))),
    close: () => socket.end(),
  };
  socket.on("data", (data) => {
    const [opcode, payload] = unmask(data);
    if (opcode === 1) connection.onmessage(payload.toString());
    if (opcode === 8) socket.end();
  });
  socket.on("close", () => connection.onclose());
  socket.on("error", () => connection.onclose());
  onOpen(connection);
}

function frame(payload) {
  const short = payload.length < 126;
  const head = Buffer.from(
    short ? [0x81, payload.length] : [0x81, 126, payload.length >> 8, payload.length & 255],
  );
  return Buffer.concat([head, payload]);
}

function unmask(data) {
  const long = (data[1] & 127) === 126;
  const length = long ? data.readUInt16BE(2) : data[1] & 127;
  const at = long ? 4 : 2;
  const mask = data.subarray(at, at + 4);
  return [data[0] & 15, data.subarray(at + 4, at + 4 + length).map((byte, index) => byte ^ mask[index % 4])];
}
