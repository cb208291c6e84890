import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { fakeChain, startFakeNode } from '@watchbill/chain/testing';
import { exporterShape, openExporter, targetsOf } from '@watchbill/fleet/watch/exporter';
import { freePort, startServiceProcess, temporaryFolder, waitFor } from '@watchbill/testkit';
import { barriers, SIZES } from '@watchbill/testkit/browser/axe';
import { watchedPage } from '@watchbill/testkit/browser/browser';
import { programmeSite } from '@watchbill/testkit/browser/nominate-site';
import { pino } from 'pino';

const SENTENCES = [
  /nominate well the newest round, of era \d+, ended .* and nominated \d+ validators/,
  /fleet look at it 1 of 2 nodes of trial answer, not bob; seen \d+ seconds? ago/,
  /coordinate no answer http:\/\/127\.0\.0\.1:1 cannot be reached: no program listens/,
];

/** The exporter of two nodes, of which one is down. */
async function exporterPage(context: TestContext): Promise<string> {
  const node = await startFakeNode(fakeChain({ finalized: 40 }).answers);
  context.after(() => node.close());
  const nodes = [
    { name: 'alice', url: node.webSocketUrl, role: 'rpc' },
    { name: 'bob', url: 'ws://127.0.0.1:1', role: 'rpc' },
  ];
  const settings = exporterShape.parse({ network: 'trial', listen: { port: 0 }, everySeconds: 1, nodes });
  const reading = targetsOf(settings, null);
  assert.ok(reading.ok);
  const parts = { log: pino({ level: 'silent' }), nowMs: Date.now };
  const exporter = await openExporter(settings, reading.targets, parts);
  context.after(() => exporter.close());
  return new URL('/', exporter.metricsUrl).href;
}

/** A service with a programme that is well, a fleet with a silent node, and a member that is down. */
async function servicePage(context: TestContext): Promise<string> {
  const { dir, remove } = await temporaryFolder('console-others');
  context.after(remove);
  const service = await startServiceProcess({
    ...{ dir, port: await freePort(), store: { kind: 'sqlite' } },
    env: {
      WATCHBILL_SERVICE_CONSOLE: 'open',
      WATCHBILL_SERVICE_PAGES_NOMINATE: (await programmeSite(context)).url,
      WATCHBILL_SERVICE_PAGES_FLEET: await exporterPage(context),
      WATCHBILL_SERVICE_PAGES_COORDINATE: 'http://127.0.0.1:1/',
    },
  });
  context.after(() => service.kill('SIGTERM'));
  return service.url;
}

for (const colorScheme of ['light', 'dark'] as const) {
  const hasScript = colorScheme === 'light';
  const how = `${colorScheme}, ${hasScript ? 'with' : 'without'} script`;
  test(`the sentences of other capabilities, ${how}, on a phone and wide`, async (context) => {
    const url = await servicePage(context);
    const options = { colorScheme, javaScriptEnabled: hasScript };
    const { page, requested, complaints } = await watchedPage(context, options);
    await page.goto(url);
    const card = page.locator('section', { has: page.locator('#others') });
    let text = '';
    // Each page is looked at by itself, within two seconds: on a busy machine some looks come late or fail.
    const isTold = async () => {
      text = (await card.textContent()) ?? '';
      if (SENTENCES.every((sentence) => sentence.test(text))) return true;
      await page.reload();
      return false;
    };
    await waitFor('the three sentences', isTold, { timeoutMs: 180_000, detail: () => text });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      assert.ok(width <= size.width, `the page is ${width} px wide on ${size.width} px`);
    }
    for (const address of requested) assert.equal(new URL(address).origin, url, 'a request left the service');
    assert.deepEqual(complaints, []);
  });

  test(`axe finds no barrier in the sentences of other capabilities, ${colorScheme}`, async (context) => {
    const url = await servicePage(context);
    const { page } = await watchedPage(context, { colorScheme });
    for (const size of SIZES) {
      await page.setViewportSize(size);
      await page.goto(url);
      await page.locator('#others').waitFor();
      assert.deepEqual(await barriers(page), []);
    }
  });
}
