import { fileURLToPath } from 'node:url';
import { textOf } from './demo-group.ts';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The text of a how-to page, by its name, for example `coordinate-try`. */
export function pageOf(name: string): string {
  return textOf(`${ROOT}docs/how-to/${name}.md`);
}

/** The arguments of the lines `watchbill coordinate …` of a page that fit, in their order. */
export function commandsOf(page: string, pattern: RegExp): readonly string[] {
  return [...page.matchAll(/^ *watchbill coordinate (.*)$/gm)]
    .map(([, args = '']) => args)
    .filter((args) => pattern.test(args));
}
