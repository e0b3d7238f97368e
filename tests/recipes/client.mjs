// mockwise run -- node client.mjs
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import { text } from "node:stream/consumers";

const env = process.env;
const agent = new Agent({
  keepAlive: true,
  ca: readFileSync(env.MOCKWISE_CA_FILE),
  cert: readFileSync(env.MOCKWISE_CERT_FILE),
  key: readFileSync(env.MOCKWISE_KEY_FILE),
});

async function ask(path, options, body) {
  const asked = request(new URL(path, env.MOCKWISE_MTLS_URL), { agent, ...options });
  asked.end(body);
  const [answer] = await once(asked, "response");
  const said = await text(answer);
  if (answer.statusCode !== 200) {
    throw new Error(`${path}: ${answer.statusCode} ${said} (${answer.headers["x-mockwise-reason"]})`);
  }
  return JSON.parse(said);
}

const token = await ask("/oauth/token", {
  method: "POST",
  auth: `${env.MOCKWISE_CLIENT_ID}:${env.MOCKWISE_CLIENT_SECRET}`,
  headers: { "Content-Type": "application/x-www-form-urlencoded" },
}, "grant_type=client_credentials");
const answer = await ask("/v1/authenticated/playground", {
  headers: { Authorization: `Bearer ${token.access_token}` },
});
console.log(token.expires_in, answer);
agent.destroy();
