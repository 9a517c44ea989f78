// A provider of accounts for tests (https://github.com/panva/node-oidc-provider): `node oidc_provider.mjs ISSUER FILE`.
// FILE says how it behaves, and is read again for each request: {"clients": [...], "people": {login: claims}, "skew": s}.

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const modules = new URL("../../../search_ui/js/node_modules/", import.meta.url);
const { default: Provider } = await import(fileURLToPath(new URL("oidc-provider/lib/index.js", modules)));

const [issuer, file] = process.argv.slice(2);
const behaviour = () => JSON.parse(readFileSync(file, "utf8"));
const trueNow = Date.now;
Date.now = () => trueNow() + 1000 * (behaviour().skew ?? 0);

const provider = new Provider(issuer, {
  clients: behaviour().clients,
  claims: { profile: ["name"], email: ["email", "email_verified"], groups: ["groups"] },
  cookies: { keys: ["for tests only"] },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...behaviour().people[id] }) }),
  pkce: { required: () => true },
  ttl: { IdToken: 60 }, // seconds
});

const server = createServer(provider.callback());
server.listen(Number(new URL(issuer).port), "127.0.0.1", () => console.log("ready"));
