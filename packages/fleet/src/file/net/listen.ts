/** Listening for HTTP servers such as fastify. */
interface Listener {
  readonly listen: (at: { readonly host: string; readonly port: number }) => Promise<string>;
}

/**
 * Listens, and returns the URL. If the address is not available, throws the result of `refuse` for the
 * reason.
 */
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
