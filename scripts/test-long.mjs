// npm run test:long: the tiers in their long form, where one costs too much for every day. Takes what `npm test` takes.
// Plain JavaScript for Node 20 and later: it runs before anything is installed.

process.env.WATCHBILL_LONG = '1';
await import('./test.mjs');
