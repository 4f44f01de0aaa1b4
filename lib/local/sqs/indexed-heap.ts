/** Where an element sits in its heap; the element carries one slot for each heap it can be in. */
export interface HeapSlot {
  index: number;
}

/** A binary min-heap whose elements know their place, so that any of them leaves in O(log n). */
export interface IndexedHeap<T> {
  readonly size: number;
  peek(): T | undefined;
  push(element: T): void;
  /** Takes the element out; a no-op when it is not in the heap. */
  remove(element: T): void;
  clear(): void;
}

/** A slot of an element that is in no heap. */
export const emptySlot = (): HeapSlot => ({ index: -1 });

/**
 * Makes a heap ordered by `key`. The key of an element must not change while it is inside: remove it, change it, push it again.
 */
export function createIndexedHeap<T>(key: (element: T) => number, slot: (element: T) => HeapSlot): IndexedHeap<T> {
  let elements: T[] = [];

  function place(element: T, index: number): void {
    elements[index] = element;
    slot(element).index = index;
  }

  function siftUp(element: T, from: number): void {
    let index = from;
    const own = key(element);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = elements[parentIndex] as T;
      if (key(parent) <= own) break;
      place(parent, index);
      index = parentIndex;
    }
    place(element, index);
  }

  function siftDown(element: T, from: number): void {
    let index = from;
    const own = key(element);
    const size = elements.length;
    for (let childIndex = 2 * index + 1; childIndex < size; childIndex = 2 * index + 1) {
      let child = elements[childIndex] as T;
      const rightIndex = childIndex + 1;
      if (rightIndex < size && key(elements[rightIndex] as T) < key(child)) {
        child = elements[rightIndex] as T;
        childIndex = rightIndex;
      }
      if (key(child) >= own) break;
      place(child, index);
      index = childIndex;
    }
    place(element, index);
  }

  return {
    get size() {
      return elements.length;
    },
    peek: () => elements[0],
    push(element) {
      siftUp(element, elements.length);
    },
    remove(element) {
      const { index } = slot(element);
      if (index < 0) return;
      slot(element).index = -1;
      const last = elements.pop() as T;
      if (last === element) return;
      siftDown(last, index);
      if (slot(last).index === index) siftUp(last, index);
    },
    clear() {
      for (const element of elements) slot(element).index = -1;
      elements = [];
    },
  };
}
