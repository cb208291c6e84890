import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { ROOT } from '../pages/page-run.ts';
import { SIZES } from './axe.ts';

const SCHEMES = ['light', 'dark'] as const;

interface Look {
  readonly width: number;
  readonly height: number;
  readonly colorScheme: (typeof SCHEMES)[number];
  readonly fullPage: boolean;
}

/** The look of pictures in the documentation. */
export const LOOK: Look = { width: 1_000, height: 620, fullPage: false, colorScheme: 'light' };

/** The file of a picture in the documentation. */
export const docs = (name: string): string => join(ROOT, 'docs', 'images', `${name}.png`);

/** Pictures of a whole page at three widths, light and dark, in a folder. */
export async function takeAll(page: Page, url: string, folder: string, name: string): Promise<void> {
  for (const size of SIZES)
    for (const colorScheme of SCHEMES) {
      const path = join(folder, `${name}-${size.width}-${colorScheme}.png`);
      await take(page, url, path, { ...size, colorScheme, fullPage: true });
    }
}

export async function take(page: Page, url: string, path: string, look: Look): Promise<void> {
  const { colorScheme, fullPage, ...size } = look;
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme });
  await page.goto(url);
  await page.screenshot({ path, fullPage });
  console.log(`${path}: ${size.width} px wide, ${colorScheme}`);
}
