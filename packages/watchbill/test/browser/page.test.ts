import assert from 'node:assert/strict';
import test from 'node:test';
import { freePort, startServiceProcess, temporaryFolder, untilReady } from '@watchbill/testkit';
import { watchedPage } from '@watchbill/testkit/browser/browser';
import type { Page } from 'playwright-core';

const TOKEN = 'operator-secret-of-the-browser-0123456789abcdef';

/** What the page shows as the answer to `Execute`. */
async function executed(page: Page): Promise<{ status: string; body: string }> {
  const live = page.locator('.live-responses-table tbody .response').first();
  await live.waitFor();
  const text = async (part: string) => (await live.locator(part).textContent()) ?? '';
  return {
    status: (await text('.response-col_status')).trim(),
    body: await text('.response-col_description'),
  };
}

test('the page of the API shows every operation, and tries one with a token', async (context) => {
  const { dir, remove } = await temporaryFolder('browser');
  const place = { dir, port: await freePort(), store: { kind: 'sqlite' } };
  const service = await startServiceProcess({ ...place, operatorToken: TOKEN });
  context.after(() => service.kill().then(remove));
  await untilReady(service);
  const { page, requested, complaints } = await watchedPage(context);
  await page.goto(`${service.url}/docs`);
  await page.locator('.opblock').first().waitFor();
  const shown = await page.locator('.opblock-summary-path').allInnerTexts();
  const document = (await (await service.fetch('/openapi.json')).json()) as { paths: Record<string, object> };
  const described = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map(() => path),
  );
  // The page puts invisible marks into paths, so that they can break over lines.
  const plain = shown.map((path) => path.replace(/[^\x21-\x7e]/g, '')).sort();
  assert.deepEqual(plain, described.sort());
  const claim = page.locator('#operations-duty-post_v1_claims');
  assert.ok(await claim.isVisible());
  assert.equal(await claim.locator('.opblock-summary-method').textContent(), 'POST');
  await claim.locator('.opblock-summary-control').click();
  await claim.getByText('Chosen at random by the claimant and echoed.').first().waitFor();

  const health = page.locator('#operations-probes-get_v1_health');
  await health.locator('.opblock-summary-control').click();
  await page.getByRole('button', { name: 'Authorize' }).first().click();
  await page.locator('.modal-ux input').first().fill(TOKEN);
  await page.locator('.modal-ux').getByRole('button', { name: 'Apply credentials' }).first().click();
  await page.locator('.modal-ux .close-modal').click();
  await health.getByRole('button', { name: 'Try it out' }).click();
  await health.getByRole('button', { name: 'Execute' }).click();
  const answer = await executed(page);
  assert.equal(answer.status, '200', answer.body);
  assert.match(answer.body, /"state": "serving"/);
  assert.ok(requested.length > 0);
  for (const url of requested.filter((each) => !each.startsWith('data:')))
    assert.equal(new URL(url).origin, service.url, 'a request left the service');
  assert.deepEqual(complaints, []);
  const log = await service.log();
  assert.ok(!log.includes(TOKEN), 'the token stands in the log');
});
