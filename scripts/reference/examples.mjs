// One request for each route, in an order in which a new service answers them as shown:
// http.component.test.ts of packages/watchbill/test/docs sends them. `as` is who asks; `answer` is JSON as
// the service gives it, ids and times of one run. The key is `METHOD path`, as in the headings of the page.

import { readFileSync } from 'node:fs';

export const EXAMPLES = JSON.parse(readFileSync(new URL('./examples.json', import.meta.url), 'utf8'));
export const WITHOUT_EXAMPLE = ['GET /v1/peer/memory', 'POST /v1/peer/units'];
