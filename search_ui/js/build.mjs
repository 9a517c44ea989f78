// Builds src/ into ../static/: every script, style sheet and picture directly in src/ is one file there, by its own
// name; what lies in folders below is bundled into those that import it. `node build.mjs` says what came out of it.

import { build } from "esbuild";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = fileURLToPath(new URL(".", import.meta.url));
const sources = join(here, "src");
const target = join(here, "..", "static");
const BUNDLED = new Set([".js", ".css"]);
const FOREIGN = /(?:url\(|@import|import\(|from)\s*["']?(?:https?:)?\/\/\S*/;

async function bundled(names) {
  const result = await build({
    absWorkingDir: here,
    entryPoints: names.map((name) => join(sources, name)),
    outdir: target,
    bundle: true,
    minify: true,
    format: "esm",
    target: ["es2022", "chrome111", "firefox113", "safari16.4"],
    charset: "utf8",
    legalComments: "none",
    define: { "process.env.NODE_ENV": '"production"' },
    metafile: true,
    write: false,
  });
  const outside = Object.values(result.metafile.outputs).flatMap((output) => output.imports.filter((one) => one.external));
  for (const { path } of outside) {
    // Style sheets may name pictures inside themselves; anything else would be fetched when the page is open.
    if (!path.startsWith("data:") && !path.startsWith("#")) throw new Error(`${path} would be fetched from elsewhere`);
  }
  return result.outputFiles.map((file) => [basename(file.path), Buffer.from(file.contents)]);
}

// Whole or not at all: a server that starts meanwhile reads the old file or the new one.
async function put(name, content) {
  const path = join(target, name);
  const old = await readFile(path).catch((error) => (error.code === "ENOENT" ? null : Promise.reject(error)));
  if (old?.equals(content)) return;
  const beside = join(here, "node_modules", `.${name}.${process.pid}`); // where nobody looks for files to serve
  await writeFile(beside, content);
  await rename(beside, path);
}

function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`.padStart(9);
}

const names = (await readdir(sources, { withFileTypes: true })).filter((one) => one.isFile()).map((one) => one.name);
const made = new Map(await bundled(names.filter((name) => BUNDLED.has(extname(name)))));
for (const name of names.filter((one) => !BUNDLED.has(extname(one)))) made.set(name, await readFile(join(sources, name)));

for (const [name, content] of made) {
  const foreign = BUNDLED.has(extname(name)) && FOREIGN.exec(content.toString());
  if (foreign) throw new Error(`${name} asks a foreign host: ${foreign[0].slice(0, 80)}`);
}

await mkdir(target, { recursive: true });
for (const [name, content] of made) await put(name, content);
for (const name of await readdir(target)) {
  if (!made.has(name)) await rm(join(target, name), { recursive: true, force: true });
}

for (const [name, content] of [...made].sort()) {
  console.log(`${name.padEnd(24)} ${kilobytes(content.length)} ${kilobytes(gzipSync(content).length)} gzip`);
}
