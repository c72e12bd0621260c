// A right Arcus client for Node 20, behind the adaptor protocol. Nothing but Node's own library.
//
//     venue-conformance certify --adaptor "node examples/adaptor_arcus.mjs"
//
// It sends each batch once, and instead of listening to the orders channel it reads the account's orders until it knows
// how each of them ended. Time is a BigInt from beginning to end: a number of JavaScript cannot hold nineteen digits,
// and JSON.stringify would write another time than the one in the header. So what is signed is written out by hand, and
// the element's own timestamp, which is optional, is left out.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { request } from "node:http";
import { createInterface } from "node:readline";

const PATH = "/v1/batchCancelOrders";
const SIZE = 100;
const READING_MS = 1000;
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex"); // stands before the seed of an Ed25519 key
const ENDS = { CANCELED: "cancelled", FILLED: "terminal", REJECTED: "refused" };
const ERRORS = { 400: "refused", 401: "auth", 403: "auth", 422: "refused", 429: "rate_limited" };

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const nameOf = (order) => order.orderId ?? order.clientId;

class Failed extends Error {
  constructor(kind, status, rows = new Map()) {
    super(kind);
    Object.assign(this, { kind, status, rows });
  }
}

export class Client {
  constructor({ base_url, credentials, timeout_seconds }) {
    this.url = base_url;
    this.timeout = timeout_seconds * 1000;
    this.address = "0x" + credentials.address.slice(-40).toLowerCase();
    const der = Buffer.concat([PKCS8, Buffer.from(credentials.private_key, "hex")]);
    this.key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
    const { x } = createPublicKey(this.key).export({ format: "jwk" });
    this.apiKey = Buffer.from(x, "base64url").toString("hex");
    this.latest = 0n;
  }

  // Nanoseconds, never the same twice.
  now() {
    const now = BigInt(Date.now()) * 1_000_000n;
    this.latest = now > this.latest ? now : this.latest + 1n;
    return this.latest;
  }

  // What is signed for one cancel: compact JSON, names in order, one id, and no trace of the other.
  payload(order, now) {
    const ids = order.orderId !== undefined ? ["", `"id":${JSON.stringify(order.orderId)},`] : [`"c":${JSON.stringify(order.clientId)},`, ""];
    return `{"ad":"${this.address}","ai":${order.accountIndex},${ids[0]}"ct":${now},${ids[1]}"m":${order.marketId},"op":2,"v":1}`;
  }

  signed(payload) {
    return sign(null, Buffer.from(payload), this.key).toString("hex");
  }

  element(order, now) {
    const kind = order.orderId !== undefined ? "orderId" : "clientId";
    const { marketId, accountIndex } = order;
    const signature = this.signed(this.payload(order, now));
    return { address: this.address, marketId, accountIndex, kind, [kind]: order[kind], signature };
  }

  ask(method, target, body, headers = {}) {
    return new Promise((done, fail) => {
      const asked = request(this.url + target, { method, headers, timeout: this.timeout });
      asked.on("response", (response) => {
        const pieces = [];
        response.on("data", (piece) => pieces.push(piece));
        response.on("error", fail);
        response.on("end", () => done([response.statusCode, Buffer.concat(pieces).toString()]));
      });
      asked.on("timeout", () => asked.destroy(new Error("timeout")));
      asked.on("error", fail);
      asked.end(body);
    });
  }

  async cancel(asked) {
    const orders = [...new Map(asked.map((order) => [nameOf(order), order])).values()];
    const rows = new Map();
    for (let first = 0; first < orders.length; first += SIZE) {
      try {
        for (const row of await this.chunk(orders.slice(first, first + SIZE))) rows.set(...row);
      } catch (failed) {
        throw failed instanceof Failed ? new Failed(failed.kind, failed.status, rows) : failed;
      }
    }
    return this.settle(orders, rows);
  }

  async chunk(orders) {
    const now = this.now();
    const cancels = orders.map((order) => this.element(order, now));
    const body = JSON.stringify({ cancels });
    const headers = {
      "Content-Type": "application/json",
      "Content-Length": Buffer.byteLength(body),
      "X-API-Key": this.apiKey,
      "X-Timestamp": String(now),
      "X-Signature": cancels[0].signature,
    };
    let status, text;
    try {
      [status, text] = await this.ask("POST", `${PATH}?address=${this.address}`, body, headers);
    } catch {
      throw new Failed("transport");
    }
    if (status !== 200 && status !== 202) throw new Failed(ERRORS[status] ?? "venue", status);
    try {
      return this.read(status, JSON.parse(text).responses, orders);
    } catch {
      throw new Failed("unreadable", status);
    }
  }

  // Rows are matched by the id that each repeats; 202 is never the end of an order.
  read(status, responses, orders) {
    const rows = [];
    for (const order of orders) {
      const row = responses.find((each) => (order.orderId !== undefined ? each.orderId === order.orderId : each.clientId === order.clientId));
      if (row === undefined) continue;
      if (row.status === "ERROR") rows.push([nameOf(order), ["refused", row.error]]);
      else if (status === 202 && row.status !== "REJECTED") rows.push([nameOf(order), ["pending"]]);
      else if (row.rejectionReason === "ORDER_NOT_FOUND") rows.push([nameOf(order), ["not_found", row.rejectionReason]]);
      else rows.push([nameOf(order), [ENDS[row.status] ?? "pending", row.rejectionReason]]);
    }
    return rows;
  }

  // Read the account's orders until each that is pending has ended, or it has taken long enough.
  async settle(orders, rows) {
    const pending = () => orders.filter((order) => rows.get(nameOf(order))?.[0] === "pending");
    for (const until = Date.now() + READING_MS; pending().length && Date.now() < until; await pause(100)) {
      let known;
      try {
        known = JSON.parse((await this.ask("GET", `/v1/orders?address=${this.address}&limit=1000`))[1]).orders;
      } catch {
        continue;
      }
      for (const order of pending()) {
        const found = known.find((each) => (order.orderId !== undefined ? each.orderId === order.orderId : each.clientId === order.clientId));
        if (found === undefined) rows.set(nameOf(order), ["not_found"]);
        else if (ENDS[found.status]) rows.set(nameOf(order), [ENDS[found.status]]);
      }
    }
    return rows;
  }
}

const rowsOf = (orders, rows) => {
  const kinds = new Map(orders.map((order) => [nameOf(order), order.orderId !== undefined ? "orderId" : "clientId"]));
  return [...rows].map(([name, [outcome, code]]) => ({ [kinds.get(name)]: name, outcome, code }));
};

async function main() {
  const client = { name: "node-arcus-client", version: "1.0", language: `Node ${process.version}` };
  let own = null;
  for await (const line of createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    let answer = {};
    if (asked.op === "hello") answer = { protocol: 1, venue: "arcus", client, can: ["timeout", "client_ids"] };
    else if (asked.op === "open") own = new Client(asked);
    else if (asked.op === "cancel") {
      try {
        answer = { rows: rowsOf(asked.orders, await own.cancel(asked.orders)) };
      } catch (failed) {
        const known = failed instanceof Failed;
        answer = { rows: known ? rowsOf(asked.orders, failed.rows) : [], error: known ? { kind: failed.kind, status: failed.status } : { kind: "crash" } };
      }
    } else if (asked.op !== "close") answer = { error: { kind: "unsupported" } };
    console.log(JSON.stringify({ id: asked.id, ...answer }));
  }
}

if (process.argv[1] === import.meta.filename) await main();
