// A right Bayse client in another language, behind the adaptor protocol: it sends each batch once.
import { createHash, createHmac } from "node:crypto";
import { request } from "node:http";
import { createInterface } from "node:readline";

const PATH = "/v1/pm/orders/batch";
let client = null;

const send = (body) =>
  new Promise((done, fail) => {
    const now = String(Math.floor(Date.now() / 1000));
    const payload = `${now}.DELETE.${PATH}.${createHash("sha256").update(body).digest("hex")}`;
    const headers = {
      "Content-Type": "application/json; charset=utf-8",
      "Content-Length": Buffer.byteLength(body),
      "X-Public-Key": client.credentials.public_key,
      "X-Timestamp": now,
      "X-Signature": createHmac("sha256", client.credentials.secret_key).update(payload).digest("base64"),
    };
    const asked = request(client.base_url + PATH, { method: "DELETE", headers, timeout: 1000 * client.timeout_seconds });
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

const outcome = (row) => {
  if (row.success === true) return "cancelled";
  return row.error?.code === "ORDER_NOT_FOUND" ? "not_found" : "refused";
};

async function cancel(orders) {
  const ids = [...new Set(orders.map((order) => order.orderId))];
  if (ids.length < 1 || ids.length > 100) return { rows: [], error: { kind: "limit" } };
  let status, text;
  try {
    [status, text] = await send(JSON.stringify({ orderIds: ids }));
  } catch {
    return { rows: [], error: { kind: "transport" } };
  }
  if (status === 429) return { rows: [], error: { kind: "rate_limited", status } };
  if (status !== 200) return { rows: [], error: { kind: status < 500 ? "refused" : "venue", status } };
  try {
    const rows = JSON.parse(text).results.filter((row) => ids.includes(row.orderId));
    return { rows: rows.map((row) => ({ orderId: row.orderId, outcome: outcome(row), code: row.error?.code })) };
  } catch {
    return { rows: [], error: { kind: "unreadable", status } };
  }
}

const name = { name: "node-bayse-client", version: "1.0", language: `Node ${process.version}` };
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  let answer = {};
  if (asked.op === "hello") answer = { protocol: 1, venue: "bayse", client: name, can: ["timeout"] };
  else if (asked.op === "open") client = asked;
  else if (asked.op === "cancel") answer = await cancel(asked.orders);
  else if (asked.op !== "close") answer = { error: { kind: "unsupported" } };
  console.log(JSON.stringify({ id: asked.id, ...answer }));
}
