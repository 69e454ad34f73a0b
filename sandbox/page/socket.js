/**
 * The page's line to the stand-in of Discord. It comes back by itself when it drops.
 * @module socket
 */

const FIRST_WAIT = 400; // ms
const LONGEST_WAIT = 6000; // ms
const ANSWER_WITHIN = 15000; // ms; the stand-in itself gives up on a bot after 3 s

/**
 * Events: `frame` (detail: the frame) for what concerns everybody, `state` (detail: boolean) when the line
 * opens or drops. Answers to requests don't come as events but through {@link Socket#request}.
 */
export class Socket extends EventTarget {
  #socket = null;
  #user = null;
  #known = false; // whether the server took this user before
  #wait = FIRST_WAIT;
  #timer = 0;
  #asked = new Map();
  #count = 0;
  #prefix = Math.random().toString(36).slice(2, 8);

  constructor(address = socketAddress) {
    super();
    this.address = address;
    window.addEventListener("online", () => this.#retryNow());
  }

  get open() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  /** Connect as somebody; null leaves the choice to the server. Drops a line that stands for somebody else. */
  connect(user) {
    if (user !== this.#user) this.#known = false;
    this.#user = user;
    clearTimeout(this.#timer);
    this.#drop();
    const socket = new WebSocket(this.address(user));
    this.#socket = socket;
    socket.addEventListener("message", (event) => socket === this.#socket && this.#take(JSON.parse(event.data)));
    socket.addEventListener("close", () => socket === this.#socket && this.#lost());
  }

  /** Follow the server's choice, so that a reconnection stays the same person. */
  stayAs(user) {
    this.#user = user;
  }

  /**
   * Send a frame and wait for the first answer that carries its nonce.
   *
   * Never rejects: a dropped line or a silent server is an answer as well, of type `failed`.
   * @returns {Promise<{type: "acknowledged"|"modal"|"choices"|"failed"|"error", text?: string}>}
   */
  request(type, fields) {
    if (!this.open) return Promise.resolve({ type: "failed", text: "Not connected: nothing was sent." });
    const nonce = this.#nonce();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#answer({ nonce, type: "failed", text: "No answer came." }), ANSWER_WITHIN);
      this.#asked.set(nonce, { resolve, timer });
      this.#socket.send(JSON.stringify({ type, nonce, ...fields }));
    });
  }

  /** Send a frame to which only an error is an answer; that comes as a `frame` event. @returns {boolean} sent */
  tell(type, fields) {
    if (this.open) this.#socket.send(JSON.stringify({ type, nonce: this.#nonce(), ...fields }));
    return this.open;
  }

  #nonce() {
    return `${this.#prefix}-${++this.#count}`;
  }

  #take(frame) {
    if (frame.type === "world") {
      this.#wait = FIRST_WAIT;
      this.#known = true;
      this.dispatchEvent(new CustomEvent("state", { detail: true }));
    }
    if (!this.#answer(frame)) this.dispatchEvent(new CustomEvent("frame", { detail: frame }));
  }

  #answer(frame) {
    const asked = this.#asked.get(frame.nonce);
    if (!asked) return false;
    clearTimeout(asked.timer);
    this.#asked.delete(frame.nonce);
    asked.resolve(frame);
    return true;
  }

  #lost() {
    this.#drop();
    if (!this.#known) this.#user = null; // an old address may name somebody who is gone
    this.dispatchEvent(new CustomEvent("state", { detail: false }));
    const jitter = 0.75 + Math.random() / 2;
    this.#timer = setTimeout(() => this.connect(this.#user), this.#wait * jitter);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    for (const nonce of [...this.#asked.keys()]) {
      this.#answer({ nonce, type: "failed", text: "The connection dropped before an answer came." });
    }
  }

  #retryNow() {
    if (this.#socket) return;
    this.#wait = FIRST_WAIT;
    this.connect(this.#user);
  }
}

function socketAddress(user) {
  const address = new URL("page/socket", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.hash = "";
  address.search = user ? `?user=${encodeURIComponent(user)}` : "";
  return address.href;
}
