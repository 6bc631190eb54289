// Bundles each component into one script, as Streamlit takes them: `node build.js`, or `make scripts`.
// `node build.js --check` writes nothing, and fails when a script in built/ is another than the sources give.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const BUILT = join(HERE, "built");
const ENTRIES = {
  ack: "common/ack.js",
  canvas: "canvas/main.js",
  card: "card/main.js",
  lasso: "lasso/main.js",
  lasso_points: "lasso/points.js",
  sheet: "sheet/main.js",
  sheet_rows: "sheet/rows.js",
  sheet_said: "sheet/said.js",
  tour: "tour/main.js",
  wake: "common/wake.js",
};

/** A comment on lines of its own: browsers need not be sent the types. */
const COMMENT = /^[ \t]*\/\*\*[^]*?\*\/\n/gm;

/** One script: two lines that say what it is made from, and the bundle. tests/test_scripts.py knows these lines. */
async function script(entry) {
  const made = await build({
    absWorkingDir: HERE,
    entryPoints: [entry],
    bundle: true,
    charset: "utf8",
    format: "esm",
    metafile: true,
    target: "es2022",
    write: false,
  });
  const body = made.outputFiles[0].text.replace(COMMENT, "");
  const sources = ["build.js", "package.json", ...Object.keys(made.metafile.inputs).sort()];
  const hash = createHash("sha256");
  for (const source of sources) hash.update(readFileSync(join(HERE, source)));
  const digest = hash.update(body).digest("hex");
  const first = `// Made by \`make scripts\` from ${entry} and what it imports: change those, not this file.`;
  return `${first}\n// sha256 ${digest} of ${sources.join(" ")} and of what follows\n${body}`;
}

function present(file) {
  try {
    return readFileSync(join(BUILT, file), "utf8");
  } catch {
    return null;
  }
}

mkdirSync(BUILT, { recursive: true });
const check = process.argv.includes("--check");
const wrong = [];
const names = Object.keys(ENTRIES).map((name) => `${name}.js`);
for (const [name, entry] of Object.entries(ENTRIES)) {
  const text = await script(entry);
  if (text === present(`${name}.js`)) continue;
  wrong.push(`${name}.js`);
  if (!check) writeFileSync(join(BUILT, `${name}.js`), text);
}
for (const file of readdirSync(BUILT).filter((one) => !names.includes(one))) {
  wrong.push(file);
  if (!check) rmSync(join(BUILT, file));
}
if (check && wrong.length) {
  console.error(`Not what the sources give: ${wrong.join(", ")} in built/. Run make scripts.`);
  process.exit(1);
}
