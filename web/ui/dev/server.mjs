// A stand-in for the real server, for working on the pages only: it speaks the HTTP contract with state in
// memory and a sample report. Media never leaves the page: dev/loopback.js answers the WHIP offer in the browser.
//
//   node dev/server.mjs [--port 5180] [--dist] [--media FILE.webm]
//
// --dist serves the built pages under the real content security policy instead of Vite's sources.
// --media is what the review player and the report play.

import { createReadStream, existsSync, readFileSync, statSync } from "node:fs";
import http from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { MockInterview } from "./interview.mjs";
import { sampleInbox, sampleReport, sampleTimelines } from "./sample.mjs";
import { acceptSocket } from "./socket.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "5180" },
    dist: { type: "boolean", default: false },
    media: { type: "string" },
  },
});

const interviews = new Map();
const vite = options.dist
  ? null
  : await (await import("vite")).createServer({
      root,
      server: { middlewareMode: true, hmr: false },
      appType: "custom",
    });

const server = http.createServer((request, response) => {
  handle(request, response).catch((error) =>
    problem(response, error.status ?? 500, error.code ?? "internal", error.message),
  );
});
server.on("upgrade", (request, socket) => {
  if (new URL(request.url, "http://x").pathname !== "/api/v1/candidate/events") return socket.destroy();
  acceptSocket(request, socket, (connection) => {
    connection.onmessage = (text) => interviewOf(JSON.parse(text).token).join(connection);
  });
});
server.listen(Number(options.port), "127.0.0.1", () => {
  console.log(
    `candidate  http://127.0.0.1:${options.port}/i/demo-en   (any token; one that ends in -zh is Chinese)`,
  );
  console.log(`report     http://127.0.0.1:${options.port}/r/demo-en?access=demo`);
  console.log(`inbox      http://127.0.0.1:${options.port}/demo/inbox`);
});

function interviewOf(token) {
  if (!token || token.startsWith("bad"))
    throw Object.assign(new Error("no such link"), { status: 401, code: "token_unknown" });
  if (!interviews.has(token)) interviews.set(token, new MockInterview(token));
  return interviews.get(token);
}

async function handle(request, response) {
  const url = new URL(request.url, "http://x");
  const page = pageOf(url.pathname);
  if (page !== null) return servePage(page, url, response);
  if (url.pathname.startsWith("/api/v1/candidate/")) return candidate(request, response, url);
  if (url.pathname === "/dev/connected") {
    const { token, connected } = await json(request);
    interviewOf(token).setConnected(connected);
    return reply(response, 204);
  }
  const copy = /^\/dev\/copies\/([^/]+)$/.exec(url.pathname);
  if (copy !== null) {
    const chunks = [...interviewOf(copy[1]).chunks].map(([take, places]) => [take, [...places.values()]]);
    return reply(response, 200, Object.fromEntries(chunks));
  }
  if (url.pathname === "/dev/loopback.js") return file(path.join(root, "dev/loopback.js"), request, response);
  if (url.pathname === "/dev/media.webm") return file(options.media ?? "", request, response);
  if (url.pathname === "/demo/inbox.json") return reply(response, 200, sampleInbox());
  const report = /^\/api\/v1\/interviews\/([^/]+)\/(report|takes\/[^/]+\/timelines)$/.exec(url.pathname);
  if (report !== null) {
    if (request.headers["x-viva-access"] !== "demo")
      return problem(response, 401, "token_unknown", "no access");
    const locale = report[1].endsWith("-zh") ? "zh" : "en";
    return reply(response, 200, report[2] === "report" ? sampleReport(locale) : sampleTimelines());
  }
  if (options.dist) return file(path.join(root, "dist", url.pathname), request, response);
  vite.middlewares(request, response, () => problem(response, 404, "not_found", url.pathname));
}

async function candidate(request, response, url) {
  const interview = interviewOf((request.headers.authorization ?? "").replace("Bearer ", ""));
  const route = url.pathname.slice("/api/v1/candidate/".length);
  const chunk = /^takes\/([^/]+)\/chunks\/(\d+)$/.exec(route);
  if (chunk !== null) {
    interview.chunk(chunk[1], Number(chunk[2]), request.headers, await whole(request));
    return reply(response, 204);
  }
  const body = request.method === "GET" ? {} : await json(request);
  if (request.method === "PUT") {
    interview.notes(route.split("/")[1], body.notes);
    return reply(response, 204);
  }
  if (route === "uplink") return reply(response, 200, interview.uplink());
  if (request.method === "POST") interview.act(route, body);
  return reply(response, 200, interview.view());
}

function pageOf(pathname) {
  if (/^\/i\/[^/]+$/.test(pathname)) return "candidate";
  if (/^\/r\/[^/]+$/.test(pathname)) return "report";
  return pathname === "/demo/inbox" ? "inbox" : null;
}

async function servePage(page, url, response) {
  const source = path.join(root, options.dist ? "dist" : "", `${page}.html`);
  let html = readFileSync(source, "utf8");
  if (vite !== null) html = await vite.transformIndexHtml(url.pathname, html);
  if (page === "candidate") html = html.replace("<head>", '<head><script src="/dev/loopback.js"></script>');
  response.setHeader("content-type", "text/html; charset=utf-8");
  if (options.dist) response.setHeader("content-security-policy", "default-src 'self'");
  response.end(html);
}

const TYPES = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".webm": "video/webm",
};

function file(name, request, response) {
  if (!existsSync(name) || !statSync(name).isFile())
    return problem(response, 404, "not_found", "no such file");
  const { size } = statSync(name);
  response.setHeader("content-type", TYPES[path.extname(name)] ?? "application/octet-stream");
  response.setHeader("accept-ranges", "bytes");
  const range = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "");
  const [start, end] = range ? [Number(range[1]), Number(range[2] || size - 1)] : [0, size - 1];
  response.writeHead(range ? 206 : 200, {
    "content-length": end - start + 1,
    ...(range ? { "content-range": `bytes ${start}-${end}/${size}` } : {}),
  });
  createReadStream(name, { start, end }).pipe(response);
}

async function whole(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}

async function json(request) {
  const text = (await whole(request)).toString();
  return text === "" ? {} : JSON.parse(text);
}

function reply(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function problem(response, status, code, detail) {
  response.writeHead(status, { "content-type": "application/problem+json" });
  response.end(
    JSON.stringify({ type: `/problems/${code}`, title: code, status, detail, code, request_id: "dev" }),
  );
}
