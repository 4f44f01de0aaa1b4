import { PosthasteError } from '../core/errors.ts';
import { decodeEnvelope } from '../message/decode-envelope.ts';
import type { AnyMessageDefinition, DataOf, Message } from '../message/message.ts';
import { withGlobals } from './globals.ts';
import type { Stage } from './subject/stage.ts';

/**
 * Where a message is seen: `delivered` into the subject's queue, `done` with it, `waiting` in it (to be handled, or tried again),
 * `deadLettered`, or `published` by the subject.
 */
export type SpyPlace = 'delivered' | 'done' | 'waiting' | 'deadLettered' | 'published';

/** Which messages a spy looks for. */
export interface SpyFilter<Definition extends AnyMessageDefinition> {
  /** @default - every message of the definition */
  readonly where?: (message: Message<DataOf<Definition>>) => boolean;
}

/** For how long a spy looks. */
export interface SpyWindow<Definition extends AnyMessageDefinition> extends SpyFilter<Definition> {
  /** Milliseconds of virtual time. @default 60_000 */
  readonly withinMs?: number;
}

/** Sees the messages of a simulation. */
export interface Spy {
  /** The messages that are at a place now, each id once, oldest first. */
  all<Definition extends AnyMessageDefinition>(
    place: SpyPlace,
    definition: Definition,
    filter?: SpyFilter<Definition>,
  ): readonly Message<DataOf<Definition>>[];
  /**
   * The first message at a place, at once if it is there already; lets virtual time pass until it is. Throws `SpyError` (code
   * `SPY_NOT_SEEN`), which names what was there instead.
   */
  waitFor<Definition extends AnyMessageDefinition>(
    place: SpyPlace,
    definition: Definition,
    window?: SpyWindow<Definition>,
  ): Promise<Message<DataOf<Definition>>>;
  /** Lets the whole window pass and holds that no such message was there in it. Throws `SpyError` (code `SPY_SEEN`) when one is. */
  expectNone<Definition extends AnyMessageDefinition>(
    place: SpyPlace,
    definition: Definition,
    window?: SpyWindow<Definition>,
  ): Promise<void>;
}

/** A message was not where a test expects it, or where it expects none. Codes `SPY_NOT_SEEN` and `SPY_SEEN`. */
export class SpyError extends PosthasteError {}

const WINDOW_MS = 60_000;
/** Virtual milliseconds between two looks. */
const STEP_MS = 50;

/** A spy on everything that comes to and from a subject. */
export function createSpy(stage: Pick<Stage, 'world' | 'queueUrl' | 'deadLetterQueueUrl' | 'queueUrls' | 'sent'>): Spy {
  const { world } = stage;
  const bodiesIn = (urls: readonly string[]) => urls.flatMap((url) => world.sqs.peek(world.sqs.queueArn(url)).map(({ body }) => body));
  const places: Record<SpyPlace, () => readonly string[]> = {
    delivered: () => stage.sent,
    waiting: () => bodiesIn([stage.queueUrl]),
    deadLettered: () => bodiesIn([stage.deadLetterQueueUrl]),
    published: () => bodiesIn(stage.queueUrls),
    done: () => {
      const elsewhere = new Set([...places.waiting(), ...places.deadLettered()]);
      return stage.sent.filter((body) => !elsewhere.has(body));
    },
  };
  const all: Spy['all'] = (place, definition, { where = () => true } = {}) =>
    messagesOf(places[place]()).filter(
      (one) => one.type === definition.name && one.version === definition.version && where(one as never),
    ) as never;

  /** Looks until something is found or the window is over. */
  const look = async <Definition extends AnyMessageDefinition>(place: SpyPlace, definition: Definition, window: SpyWindow<Definition>) => {
    const until = world.clock.now() + (window.withinMs ?? WINDOW_MS);
    return withGlobals(async () => {
      for (;;) {
        const [found] = all(place, definition, window);
        const left = until - world.clock.now();
        if (found || left <= 0) return found;
        await world.run(Math.min(STEP_MS, left));
      }
    });
  };

  return {
    all,
    async waitFor(place, definition, window = {}) {
      const found = await look(place, definition, window);
      if (found) return found;
      const others = messagesOf(places[place]()).map(({ type, id, data }) => `${type} (${id}) ${JSON.stringify(data)}`);
      const wanted = `${definition.name}${window.where ? " that matches 'where'" : ''}`;
      throw new SpyError(
        `no ${wanted} was ${place} within ${window.withinMs ?? WINDOW_MS} ms of virtual time; ${place} are: ${others.join(', ') || 'none'}`,
        { code: 'SPY_NOT_SEEN' },
      );
    },
    async expectNone(place, definition, window = {}) {
      const found = await look(place, definition, window);
      if (!found) return;
      throw new SpyError(`${definition.name} (${found.id}) was ${place}: ${JSON.stringify(found.data)}`, { code: 'SPY_SEEN' });
    },
  };
}

/** The messages among bodies, each id once. */
function messagesOf(bodies: readonly string[]): readonly Message[] {
  const messages = new Map<string, Message>();
  for (const body of bodies) {
    const message = messageOf(body);
    if (message && !messages.has(message.id)) messages.set(message.id, message);
  }
  return [...messages.values()];
}

function messageOf(body: string): Message | undefined {
  try {
    return decodeEnvelope(body);
  } catch {
    return undefined;
  }
}
