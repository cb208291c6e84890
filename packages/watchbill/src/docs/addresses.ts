import { packageManifest } from '@watchbill/kit/command/version';

const NAMED = /`watchbill docs ([a-z0-9-]+)`/g;

/**
 * Adds the address on the site behind each page that a text names by `watchbill docs WORD`. A command that
 * was built without a site leaves the text as it is.
 */
export async function withAddresses(text: string): Promise<string> {
  const site = packageManifest().homepage;
  if (site === undefined || text.match(NAMED) === null) return text;
  const { findPages, readPages } = await import('./pages.ts');
  const pages = readPages();
  return text.replace(NAMED, (named: string, word: string) => {
    const [page] = findPages(pages, word);
    return page === undefined ? named : `${named} (${addressOf(page.file, site)})`;
  });
}

/** The site has the folder docs at its root, and a page of HTML for each one of Markdown. */
function addressOf(file: string, site: string): string {
  return `${site.replace(/\/*$/, '/')}${file.replace(/^docs\//, '').replace(/[.]md$/, '.html')}`;
}
