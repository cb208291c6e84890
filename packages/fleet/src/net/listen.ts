/** What serves HTTP, as fastify does. */
interface Listener {
  readonly listen: (at: { readonly host: string; readonly port: number }) => Promise<string>;
}

/** Listens; gives the URL. Where the address cannot be had, throws what `refuse` makes of the words for it. */
export async function listenAt(
  app: Listener,
  { host, port }: { readonly host: string; readonly port: number },
  refuse: (what: string, cause: unknown) => Error,
): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw refuse(`cannot listen on ${host}:${port}: ${code}`, error);
  }
}
