import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { type BrowserContext, chromium, type Locator, type Page } from 'playwright-core';

/**
 * A browser with a new profile that goes nowhere by itself, and everything that its pages asked for or
 * complained of.
 */
export interface Watched {
  readonly page: Page;
  /** Addresses of all requests, refused ones too. */
  readonly requested: readonly string[];
  /** Errors on the console, exceptions, failed requests. */
  readonly complaints: readonly string[];
}

const EXECUTABLE = '/usr/bin/chromium';
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const STEP_TIMEOUT_MS = 60_000;

/** Closed, with its profile, when the test ends. */
export async function watchedPage(
  test: Pick<TestContext, 'after'>,
  options: { readonly javaScriptEnabled?: boolean; readonly colorScheme?: 'light' | 'dark' } = {},
): Promise<Watched> {
  const profile = mkdtempSync(join(tmpdir(), 'watchbill-browser-'));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: EXECUTABLE,
    args: FLAGS,
    viewport: { width: 1_200, height: 1_000 },
    timeout: STEP_TIMEOUT_MS,
    ...options,
  });
  test.after(async () => {
    await browser.close();
    // Processes of the browser may still write there for a while.
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  });
  browser.setDefaultTimeout(STEP_TIMEOUT_MS);
  return { page: await browser.newPage(), ...listenTo(browser) };
}

/** Clicks a link; settles when the next page is there. */
export async function followed(page: Page, link: Locator): Promise<void> {
  const loaded = page.waitForEvent('load');
  await Promise.all([loaded, link.click()]);
}

function listenTo(browser: BrowserContext): Omit<Watched, 'page'> {
  const requested: string[] = [];
  const complaints: string[] = [];
  browser.on('request', (request) => requested.push(request.url()));
  browser.on('requestfailed', (request) => {
    const why = request.failure()?.errorText;
    // A page that the browser leaves stops its loads, for example that of an icon.
    if (why === 'net::ERR_ABORTED' && !request.isNavigationRequest()) return;
    complaints.push(`failed: ${request.url()} ${why}`);
  });
  browser.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      complaints.push(`console: ${message.text()}`);
  });
  browser.on('weberror', (error) => complaints.push(`exception: ${error.error().message}`));
  return { requested, complaints };
}
