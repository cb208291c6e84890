const flag = (names: string, after = '(?![\\w-])'): RegExp => new RegExp(`(?<![\\w-])--(?:${names})${after}`);
const SIGNER = flag('validator|collator|operator|force-authoring|alice|bob|charlie|dave|eve|ferdie');
const GATED = flag('duty', `[=\\s"',]+(?:claims|original)\\b`);
const GUARDED = /\bguard\b[\s"',]+run\b/;
const PASSWORD = flag('password(?:-filename|-interactive)?');
/** The shell puts the output of a command there. */
const OUTPUT = '$(';
const VARIABLE = /\$(?:\{(\w+)[^}]*\}|(\w+))/g;

/** A command line with the known variables. */
export function expanded(text: string, variables: Variables): string {
  return text.replace(
    VARIABLE,
    (whole, inBraces?: string, bare?: string) => variables.get(inBraces ?? bare ?? '') ?? whole,
  );
}

/** Reads a command line with the known variables. Neither it nor they are kept: they may be secret. */
export function commandOf(text: string, variables: Variables = new Map()) {
  const full = expanded(text, variables);
  return {
    // An image or a script may take its flags from any variable.
    /** It has a flag of a signer. Null if it has none, and a variable whose value is not known. */
    signs: [full, ...variables.values()].some((each) => SIGNER.test(each))
      ? true
      : full.search(VARIABLE) < 0 && !full.includes(OUTPUT)
        ? false
        : null,
    /** It is `watchbill guard run`, or its node has the gate and asks before it signs. */
    guarded: GUARDED.test(full) || GATED.test(full),
    /** It names a keystore password, which is a part of each secret. */
    password: PASSWORD.test(full),
  };
}

export type Variables = ReadonlyMap<string, string>;

/** The lines `NAME=value` of a file of variables, with or without quotes. */
export function variablesOf(text: string): Variables {
  const lines = text.replaceAll('\\\n', ' ').matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)=(.*?)\s*$/gm);
  return new Map(
    [...lines].map(([, name = '', value = '']) => [name, value.replace(/^(["'])(.*)\1$/, '$2')]),
  );
}

/** Words with spaces between them, each as it is written: a part may be in quotes. */
export const wordsOf = (text: string): readonly string[] => text.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
const withoutQuotes = (word: string): string => word.replace(/["']/g, '');
export const argvOf = (command: string): readonly string[] => wordsOf(command).map(withoutQuotes);

/** The variables of `Environment=` in a unit: words, some of them in quotes. */
export function assignmentsOf(text: string): Variables {
  return variablesOf(argvOf(text).join('\n'));
}
