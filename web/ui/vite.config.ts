import { defineConfig } from "vitest/config";

export default defineConfig({
  // Pages are served at /i/…, /r/…, /p/… and /demo/inbox, so assets are addressed from the root.
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    assetsDir: "assets",
    // The content security policy allows no data: URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        candidate: "candidate.html",
        report: "report.html",
        position: "position.html",
        inbox: "inbox.html",
      },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
