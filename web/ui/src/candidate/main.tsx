import "../style/base.css";
import "../style/controls.css";
import "./candidate.css";
import { render } from "preact";
import { App } from "./App";
import { SessionContext } from "./context";
import { createSession } from "./session";

/** The link is /i/{token}. */
const token = location.pathname.split("/").filter(Boolean).at(-1) ?? "";
const session = createSession(token);
const root = document.getElementById("app");
if (root !== null) {
  render(
    <SessionContext.Provider value={session}>
      <App />
    </SessionContext.Provider>,
    root,
  );
  void session.load();
}
