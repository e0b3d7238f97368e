// node-oidc-provider as its documentation shows. Arguments: a port and, for mutual TLS, the folder of server.pem and ca.pem.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import Provider from "oidc-provider";

const [port, certs] = process.argv.slice(2);
const provider = new Provider(`${certs ? "https" : "http"}://localhost:${port}`, {
  clients: [
    {
      client_id: "client",
      client_secret: "secret",
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: { clientCredentials: { enabled: true } },
});

if (certs) {
  const server = readFileSync(`${certs}/server.pem`);
  const options = { cert: server, key: server, ca: readFileSync(`${certs}/ca.pem`), requestCert: true };
  createServer({ ...options, rejectUnauthorized: true }, provider.callback()).listen(Number(port), "127.0.0.1");
} else {
  provider.listen(Number(port), "127.0.0.1");
}
