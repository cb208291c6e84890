import { route } from '../route.ts';
import { nothing } from '../shapes/parts.ts';

/** The old and the new route share this path; the series are the new ones. */
export const metricsRoute = route({
  url: '/metrics',
  tag: 'service',
  summary: 'Series for Prometheus',
  params: nothing,
  query: nothing,
  answer: { description: 'The series.', type: 'text/plain' },
  problems: [],
  handle: async ({ meter }) => ({
    kind: 'text',
    status: 200,
    type: meter.contentType,
    body: await meter.expose(),
    etag: null,
    headers: { 'cache-control': 'no-store' },
  }),
});
