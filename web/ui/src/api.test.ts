import { afterEach, describe, expect, it, vi } from "vitest";
import { asProblem, type Problem, request } from "./api";
import { en } from "./locales/en";
import { problemText } from "./locales/locale";
import { zh } from "./locales/zh";

function answer(status: number, body: string, type = "application/problem+json") {
  vi.stubGlobal("fetch", async () => new Response(body, { status, headers: { "content-type": type } }));
}

async function problemOf(call: Promise<unknown>): Promise<Problem> {
  return call.then(() => Promise.reject(new Error("it worked")), asProblem);
}

describe("errors of the server", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("keep their code and reference", async () => {
    answer(503, JSON.stringify({ code: "media_not_connected", detail: "…", request_id: "r1" }));
    const problem = await problemOf(request("/x"));
    expect([problem.status, problem.code, problem.requestId]).toEqual([503, "media_not_connected", "r1"]);
    expect(problem.passing).toBe(true);
  });

  it("are understood even when a proxy answers in HTML", async () => {
    answer(502, "<html>Bad gateway</html>", "text/html");
    expect((await problemOf(request("/x"))).code).toBe("http_502");
    answer(400, "{not json");
    expect((await problemOf(request("/x"))).code).toBe("http_400");
  });

  it("tell a lost network from a refusal", async () => {
    vi.stubGlobal("fetch", async () => {
      throw new TypeError("Failed to fetch");
    });
    const offline = await problemOf(request("/x"));
    expect([offline.code, offline.passing]).toEqual(["offline", true]);
    answer(404, JSON.stringify({ code: "unknown_interview" }));
    expect((await problemOf(request("/x"))).passing).toBe(false);
  });

  it("are told in the page's language, else in the server's words", () => {
    expect(problemText(zh, "takes_used_up", "all takes are used")).toBe(zh.errors.takes_used_up);
    expect(problemText(en, "never_heard_of", "The server's words.")).toBe("The server's words.");
    expect(problemText(en, "never_heard_of", "")).toBe(en.errors.unknown);
  });
});

describe("the two languages", () => {
  it("have no text left over from the other one", () => {
    const texts = (value: unknown): string[] =>
      typeof value === "string"
        ? [value]
        : typeof value === "object" && value !== null
          ? Object.values(value).flatMap(texts)
          : [];
    const { switchTo: _english, ...chinese } = zh;
    const latin = texts(chinese).filter((text) => !/[\u4e00-\u9fff]/.test(text));
    expect(latin).toEqual(["zh", "Viva"]);
    const { switchTo: _chinese, ...english } = en;
    expect(texts(english).filter((text) => /[\u4e00-\u9fff]/.test(text))).toEqual([]);
  });
});
