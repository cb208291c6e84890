/** A section of TOML, and a key with `=`: YAML has neither at the start of a line. */
const TOML = [/^\s*\[{1,2}[\w."-]+\]{1,2}\s*$/m, /^\s*[\w-]+\s*=\s*\S/m];

/** What to do about a text that is not valid YAML. Files of Zombienet, for example, are TOML. */
export function yamlRemedy(text: string): string {
  return TOML.every((pattern) => pattern.test(text))
    ? 'this looks like TOML, which is not read: write it as YAML; `watchbill fleet init` and `watchbill fleet local simulate init` write first files, and `watchbill docs simulate` has a table for files of Zombienet'
    : 'correct the text at this place; mind the indentation';
}
