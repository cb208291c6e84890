// A failure as a run prints it: short for a person, whole in CI.

const OUTPUT_LINES_SHOWN = 2_000;
const LINES_SHOWN = 10;
const FRAME = /^\s+at .*/;

/** @param {import('./run-group.mjs').FileResult & { output: string }} result */
export function failureText({ file, failures, output }, inCi = process.env.CI === 'true') {
  const isTest = /[.]test[.](ts|mjs)$/.test(file);
  const isShort = isTest && !inCi;
  const shown = isShort ? failures.map(shortened) : failures;
  // An assertion explains itself; the output of a file that Node cannot load has the reason.
  const lines =
    isShort && failures.every((text) => text.includes('ERR_ASSERTION')) ? [] : output.trimEnd().split('\n');
  const said = lines.slice(isShort ? -LINES_SHOWN : -OUTPUT_LINES_SHOWN).join('\n');
  return [
    `FAILED ${file}`,
    ...shown.map((text) => indent(`- ${text}`)),
    ...(said === '' ? [] : [indent(`the output of its process:\n${indent(said)}`)]),
    ...(isTest ? [indent(`by itself: node_modules/.bin/node --test ${file}`)] : []),
  ].join('\n');
}

/** At most ten lines of a failure: its first ones, and the first place in a file that is not of Node. */
function shortened(text) {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length <= LINES_SHOWN) return text;
  const place = lines.filter((line) => FRAME.test(line) && !line.includes('node:')).slice(0, 1);
  const said = lines.filter((line) => !FRAME.test(line)).slice(0, LINES_SHOWN - 1 - place.length);
  return [...said, `… ${lines.length - said.length - place.length} more lines`, ...place].join('\n');
}

export function indent(text) {
  return text.replace(/^(?=.)/gm, '  ');
}
