// Where the programs are that the tests need. A missing one is a failure, never a skipped test.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path that environment VARIABLE gives, else the first of NAMES on PATH. Throws if none. */
export function tool(variable, ...names) {
  const given = process.env[variable];
  const folders = process.env.PATH.split(delimiter);
  const found = given
    ? [given]
    : names.flatMap((name) => folders.map((folder) => join(folder, name)));
  const path = found.find(executable);
  if (!path) throw new Error(`no ${given ?? names[0]} here: install it, or name it in ${variable}`);
  return path;
}
