import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A phone, a small window and a wide one, in CSS pixels. */
export const SIZES = [
  { width: 390, height: 844 },
  { width: 1_000, height: 800 },
  { width: 1_280, height: 1_000 },
] as const;

/** Rules that the page breaks, each with its first element. */
export async function barriers(page: Page): Promise<readonly string[]> {
  // The policy of the page keeps out the script of the test too.
  await (await page.context().newCDPSession(page)).send('Page.setBypassCSP', { enabled: true });
  await page.reload();
  await page.addScriptTag({ content: AXE });
  return page.evaluate(async () => {
    type Found = { violations: { id: string; nodes: { html: string }[] }[] };
    const { violations } = await (globalThis as unknown as { axe: { run(): Promise<Found> } }).axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
  });
}
