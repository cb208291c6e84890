import { html, type Markup } from '@watchbill/kit/html';
import { z } from 'zod';
import type { Reply } from '../api/reply.ts';
import { type Call, type Route, route } from '../api/route.ts';
import type { Site } from '../api/site.ts';
import { StorageFault } from '../storage/port.ts';
import { type Page, page } from './layout.ts';

/** Fields of forms. An empty or invalid field is ignored. */
export const textField = z.string().max(256).optional().catch(undefined);

/** A page as a route. Its errors are pages too, because people read them. */
export function pageRoute<Params extends z.ZodObject, Query extends z.ZodObject>(definition: {
  readonly url: string;
  readonly params: Params;
  readonly query: Query;
  readonly render: (site: Site, call: Call<z.output<Params>, z.output<Query>>) => Promise<Page>;
}): Route {
  const { url, params, query, render } = definition;
  return route({
    url,
    tag: 'service',
    summary: 'A page',
    params,
    query,
    answer: { description: 'A page.', type: 'text/html' },
    problems: [],
    handle: async (site, call): Promise<Reply> => {
      try {
        return await page(site, await render(site, call));
      } catch (error) {
        if (!(error instanceof StorageFault)) throw error;
        if (error.code === 'request') return page(site, NO_SUCH_PAGE);
        site.options.log?.error({ route: url, err: error }, 'a page could not be made');
        return page(site, UNAVAILABLE);
      }
    },
  });
}

const UNAVAILABLE: Page = {
  title: 'Not available',
  at: '/status',
  status: 503,
  isLive: true,
  content: html`<h1>The database does not answer</h1><p>The page cannot show data until it does. It retries by itself.</p>`,
};

const NO_SUCH_PAGE = absent(
  '/status',
  'No such page of the list',
  'The address was cut off, or belongs to another list. Begin with its first page.',
);

/** The page for a missing item. */
export function absent(at: Page['at'], what: string, help: string | Markup): Page {
  return {
    title: 'Not found',
    at,
    status: 404,
    isLive: false,
    content: html`<h1>${what}</h1><p>${help}</p>`,
  };
}
