/** Puts something back as it was. */
export type Restore = () => void;

/**
 * Replaces a property by what `make` makes of it. Restoring leaves it alone when somebody else has replaced it since: theirs may call ours,
 * which outside of a simulated process does what the original does.
 */
export function patchValue<Target extends object, Name extends keyof Target>(
  target: Target,
  name: Name,
  make: (original: Target[Name]) => unknown,
): Restore {
  const before = Object.getOwnPropertyDescriptor(target, name);
  const value = make(target[name]);
  Object.defineProperty(target, name, { configurable: true, enumerable: before?.enumerable ?? true, writable: true, value });
  return () => {
    if (Object.getOwnPropertyDescriptor(target, name)?.value === value) putBack(target, name, before);
  };
}

/** The same for a property that is computed at each access. */
export function patchGetter<Target extends object, Name extends keyof Target>(
  target: Target,
  name: Name,
  make: (original: (self: Target) => unknown) => (self: Target) => unknown,
): Restore {
  const before = Object.getOwnPropertyDescriptor(target, name) as PropertyDescriptor;
  const read = make((self) => before.get?.call(self) as unknown);
  const get = function (this: Target) {
    return read(this);
  };
  Object.defineProperty(target, name, { ...before, get });
  return () => {
    if (Object.getOwnPropertyDescriptor(target, name)?.get === get) putBack(target, name, before);
  };
}

function putBack(target: object, name: PropertyKey, before: PropertyDescriptor | undefined): void {
  if (before) Object.defineProperty(target, name, before);
  else Reflect.deleteProperty(target, name);
}
