let named = 0;

/** Identifiers of one length: a longer one could cost another write unit. */
export function name(): string {
  named += 1;
  return `order-${String(named).padStart(30, '0')}`;
}
