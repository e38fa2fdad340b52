/** Keeps the page's view fresh: by WebSocket, and by polling while the socket is down or blocked. */

import type { View } from "./view";

export interface ChannelHandlers {
  onView: (view: View) => void;
  onSaved: (takeId: string, savedUpToMs: number) => void;
  onPing: (serverTime: number) => void;
  onReplaced: () => void;
  /** Whether messages are pushed now. */
  onLive: (live: boolean) => void;
  /** Ask for the view; called every `POLL_MS` while nothing is pushed. */
  poll: () => void;
}

type Message =
  | { type: "view"; view: View }
  | { type: "saved"; take_id: string; saved_up_to_ms: number }
  | { type: "ping"; server_time: number }
  | { type: "replaced" };

const POLL_MS = 1_500;
const LONGEST_WAIT_MS = 8_000;
/** The server pings every 10 s. */
const SILENT_AFTER_MS = 25_000;

/** How long to wait before the next attempt after `failures` in a row; `random` is in 0–1. */
export function backOff(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST_WAIT_MS, 500 * 2 ** failures);
  return ceiling / 2 + (ceiling / 2) * random;
}

export class EventChannel {
  private socket: WebSocket | null = null;
  private failures = 0;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private silenceTimer: ReturnType<typeof setTimeout> | undefined;
  private pollTimer: ReturnType<typeof setInterval> | undefined;
  private readonly wake = () => {
    if (!document.hidden && this.socket === null) this.connect();
  };

  constructor(
    private readonly url: string,
    private readonly token: string,
    private readonly handlers: ChannelHandlers,
  ) {}

  start(): void {
    window.addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.down();
    this.connect();
  }

  stop(): void {
    window.removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    clearTimeout(this.retryTimer);
    clearInterval(this.pollTimer);
    this.pollTimer = undefined;
    this.drop();
  }

  private connect(): void {
    clearTimeout(this.retryTimer);
    this.drop();
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.url.replace(/^http/, "ws"));
    } catch {
      this.retry();
      return;
    }
    this.socket = socket;
    // The token travels in a message: URLs end up in logs.
    socket.onopen = () => socket.send(JSON.stringify({ token: this.token }));
    socket.onmessage = (event) => this.received(String(event.data));
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.drop();
      this.down();
      this.retry();
    };
    this.expectSound();
  }

  private received(text: string): void {
    let message: Message;
    try {
      message = JSON.parse(text) as Message;
    } catch {
      return;
    }
    this.failures = 0;
    this.expectSound();
    this.up();
    switch (message.type) {
      case "view":
        this.handlers.onView(message.view);
        return;
      case "saved":
        this.handlers.onSaved(message.take_id, message.saved_up_to_ms);
        return;
      case "ping":
        this.handlers.onPing(message.server_time);
        return;
      case "replaced":
        this.stop();
        this.handlers.onReplaced();
    }
  }

  private up(): void {
    if (this.pollTimer === undefined) return;
    clearInterval(this.pollTimer);
    this.pollTimer = undefined;
    this.handlers.onLive(true);
  }

  private down(): void {
    if (this.pollTimer !== undefined) return;
    this.pollTimer = setInterval(() => this.handlers.poll(), POLL_MS);
    this.handlers.onLive(false);
  }

  private retry(): void {
    this.retryTimer = setTimeout(() => this.connect(), backOff(this.failures++, Math.random()));
  }

  private expectSound(): void {
    clearTimeout(this.silenceTimer);
    this.silenceTimer = setTimeout(() => {
      this.drop();
      this.down();
      this.retry();
    }, SILENT_AFTER_MS);
  }

  private drop(): void {
    clearTimeout(this.silenceTimer);
    const socket = this.socket;
    this.socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
  }
}
