/** Typed calls to the server. Errors arrive as problem details (RFC 9457) and are translated by their `code`. */

/** The place in the queue for a full server. */
export interface QueuePlace {
  /** From 1, which is next. */
  place: number;
  /** A guess of how long it takes. */
  seconds: number;
}

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly requestId: string | null = null,
    readonly queue: QueuePlace | null = null,
  ) {
    super(`${status} ${code}`);
  }

  /** The request never got an answer: the network, not the server, said no. */
  static offline(): Problem {
    return new Problem(0, "offline", "");
  }

  /** Whether asking again later may help. */
  get passing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export interface Request {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  /** Sent as they are, in the place of a body. */
  bytes?: ArrayBuffer;
  headers?: Record<string, string>;
  /** Milliseconds until the request is given up. */
  timeout?: number;
  signal?: AbortSignal;
  priority?: RequestPriority;
}

const DEFAULT_TIMEOUT_MS = 15_000;

/** The parsed JSON of a successful response, or `undefined` when it has no body. Throws {@link Problem}. */
export async function request<T>(url: string, options: Request = {}): Promise<T> {
  const response = await responseOf(url, options);
  if (response.status === 204) return undefined as T;
  try {
    return (await response.json()) as T;
  } catch {
    throw Problem.offline();
  }
}

/** The text of a successful response. Throws {@link Problem}. */
export async function requestText(url: string, options: Request = {}): Promise<string> {
  const response = await responseOf(url, options);
  return response.text().catch(() => {
    throw Problem.offline();
  });
}

async function responseOf(url: string, options: Request): Promise<Response> {
  const {
    method = "GET",
    body,
    bytes,
    headers = {},
    timeout = DEFAULT_TIMEOUT_MS,
    signal,
    priority,
  } = options;
  const timer = AbortSignal.timeout(timeout);
  let response: Response;
  try {
    response = await fetch(url, {
      method,
      headers: body === undefined ? headers : { ...headers, "content-type": "application/json" },
      body: body === undefined ? bytes : JSON.stringify(body),
      signal: signal === undefined ? timer : either(signal, timer),
      cache: "no-store",
      ...(priority === undefined ? {} : { priority }),
    });
  } catch {
    throw Problem.offline();
  }
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** Aborts with the first of both; `AbortSignal.any` is too new for some phones. */
function either(one: AbortSignal, other: AbortSignal): AbortSignal {
  const both = new AbortController();
  for (const signal of [one, other]) {
    if (signal.aborted) both.abort();
    signal.addEventListener("abort", () => both.abort(), { once: true });
  }
  return both.signal;
}

/** The problem that a failed response carries; made up from its status when it carries none. */
export async function problemOf(response: Response): Promise<Problem> {
  let fields: { [field in "code" | "detail" | "title" | "request_id"]?: unknown } & { queue?: QueuePlace } =
    {};
  if (response.headers.get("content-type")?.includes("json")) {
    fields = await response.json().catch(() => ({}));
  }
  const text = (value: unknown) => (typeof value === "string" ? value : "");
  return new Problem(
    response.status,
    text(fields.code) || `http_${response.status}`,
    text(fields.detail) || text(fields.title),
    text(fields.request_id) || response.headers.get("x-request-id"),
    fields.queue ?? null,
  );
}

/** Any thrown thing as a problem, so that callers have one kind of failure to show. */
export function asProblem(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem(-1, "page_error", String(error));
}
