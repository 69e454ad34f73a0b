/** The page's connection to the stand-in of Discord. It reconnects by itself, with back-off. */
import { Emitter } from "./events.js";

const FIRST_DELAY = 400; // ms
const LONGEST_DELAY = 6000; // ms
const ANSWER_TIMEOUT = 15000; // ms; the stand-in itself gives up on a bot after 3 s

/** Whether a request failed. @param {Discord.Answer} answer */
export const isFailure = (answer) => answer.type === "failed" || answer.type === "error";

/**
 * Events: `frame` (detail: the frame) for every frame that answers no request, `state` (detail: boolean) when the
 * connection opens or drops. Answers to requests come through {@link Socket#request}.
 */
export class Socket extends Emitter {
  /** @type {WebSocket | null} */
  #socket = null;
  /** @type {string | null} */
  #user = null;
  #accepted = false; // whether the server accepted this user before
  #delay = FIRST_DELAY;
  #timer = 0;
  #requests = new Map(); // `{resolve, timer}` by nonce
  #count = 0;
  #prefix = Math.random().toString(36).slice(2, 8);

  constructor() {
    super();
    window.addEventListener("online", () => this.#retryNow());
  }

  /** Connect as a user; null leaves the choice to the server. @param {string | null} user */
  connect(user) {
    if (user !== this.#user) this.#accepted = false;
    this.#user = user;
    clearTimeout(this.#timer);
    this.#drop();
    const address = new URL("page/socket", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    address.hash = "";
    address.search = user ? `?user=${encodeURIComponent(user)}` : "";
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.addEventListener("message", (event) => {
      if (socket === this.#socket) this.#receive(JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      if (socket === this.#socket) this.#reconnect();
    });
  }

  /** Remember the user that the server chose, for a reconnection. @param {string} user */
  stayAs(user) {
    this.#user = user;
  }

  /**
   * Send a frame and wait for the answer with its nonce. Never rejects: a dropped connection or a silent server is
   * an answer of type `failed`.
   * @param {string} type
   * @param {object} fields
   * @returns {Promise<Discord.Answer>} acknowledged, modal, choices, failed or error
   */
  request(type, fields) {
    const nonce = this.#send(type, fields);
    if (!nonce) return Promise.resolve({ type: "failed", text: "Not connected: nothing was sent." });
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle({ nonce, type: "failed", text: "No answer came." }), ANSWER_TIMEOUT);
      this.#requests.set(nonce, { resolve, timer });
    });
  }

  /** Send a frame that only an error answers, as a `frame` event. @param {string} type @param {object} fields */
  notify(type, fields) {
    return this.#send(type, fields) !== null;
  }

  /** Returns the nonce; null: not connected. */
  #send(type, fields) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return null;
    const nonce = `${this.#prefix}-${++this.#count}`;
    this.#socket.send(JSON.stringify({ type, nonce, ...fields }));
    return nonce;
  }

  #receive(frame) {
    if (frame.type === "world") {
      this.#delay = FIRST_DELAY;
      this.#accepted = true;
      this.emit("state", true);
    }
    if (!this.#settle(frame)) this.emit("frame", frame);
  }

  /** Resolve the request that a frame answers; false: it answers none. */
  #settle(frame) {
    const request = this.#requests.get(frame.nonce);
    if (!request) return false;
    clearTimeout(request.timer);
    this.#requests.delete(frame.nonce);
    request.resolve(frame);
    return true;
  }

  #reconnect() {
    this.#drop();
    if (!this.#accepted) this.#user = null; // an old address may name a user that is gone
    this.emit("state", false);
    const jitter = 0.75 + Math.random() / 2;
    this.#timer = setTimeout(() => this.connect(this.#user), this.#delay * jitter);
    this.#delay = Math.min(this.#delay * 2, LONGEST_DELAY);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    for (const nonce of [...this.#requests.keys()]) {
      this.#settle({ nonce, type: "failed", text: "The connection dropped before an answer came." });
    }
  }

  #retryNow() {
    if (this.#socket) return;
    this.#delay = FIRST_DELAY;
    this.connect(this.#user);
  }
}
