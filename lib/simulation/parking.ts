import type { Violation } from './conservation.ts';

/** A body that no consumer can read, and why. */
export interface Stranger {
  readonly body: string;
  /** The reason that its failure record must name. */
  readonly reason: string;
}

/** Input that cannot be understood is parked byte for byte with its reason (G14). A second copy is no breach: sending comes before deleting. */
export function checkParking(
  strangers: readonly Stranger[],
  letters: readonly { readonly body: string; readonly reason: string | undefined }[],
): readonly Violation[] {
  return strangers.flatMap(({ body, reason }) => {
    const parked = letters.filter((letter) => letter.body === body);
    const start = JSON.stringify(body.slice(0, 40));
    if (parked.length === 0) return [{ guarantee: 'G14' as const, message: `${start} is in no dead-letter queue` }];
    return parked
      .filter((letter) => letter.reason !== reason)
      .map((letter) => ({ guarantee: 'G14' as const, message: `${start} was parked as ${letter.reason}, not as ${reason}` }));
  });
}
