/** A page of something, and where the next one begins. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly cursor?: string;
}

/** What a listing holds, a page at a time; each is read only when it is asked for. */
export async function* pagesOf<T>(read: (cursor: string | undefined) => Promise<Page<T>>): AsyncGenerator<Page<T>> {
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    yield page;
    cursor = page.cursor;
  } while (cursor !== undefined);
}
