import "../style/base.css";
import "../style/controls.css";
import "./inbox.css";
import { render } from "preact";
import { Inbox } from "./Inbox";

const root = document.getElementById("app");
if (root !== null) render(<Inbox />, root);
