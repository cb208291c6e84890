// The reporter of the test processes: one line of JSON per event that the runner counts.

import { inspect } from 'node:util';

/** A failure as text; null for one that another failure already explains. */
function failureText({ details }) {
  const error = details?.error;
  if (error === undefined || error.failureType === 'subtestsFailed') return null;
  const cause = typeof error.cause === 'object' && error.cause !== null ? error.cause : error;
  return inspect(cause, { depth: 8 });
}

// biome-ignore lint/style/noDefaultExport: node:test reads the default export of a reporter
export default async function* events(source) {
  for await (const { type, data } of source) {
    const { name, file, line, nesting, message } = data ?? {};
    if (type === 'test:dequeue') yield record({ type: 'begun', name, file });
    if (type === 'test:pass' || type === 'test:fail')
      yield record({
        type: 'ended',
        failed: type === 'test:fail',
        failure: type === 'test:fail' ? failureText(data) : null,
        seconds: (data.details?.duration_ms ?? 0) / 1000,
        skipped: data.skip !== undefined || data.todo !== undefined,
        suite: data.details?.type === 'suite',
        atMs: Date.now(),
        ...{ name, file, line, nesting },
      });
    // An error that node:test found outside all tests.
    if (type === 'test:diagnostic' && message.startsWith('Error: ')) yield record({ type: 'lost', message });
  }
}

function record(fields) {
  return `${JSON.stringify(fields)}\n`;
}
