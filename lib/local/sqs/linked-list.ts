/** An element's place in a list: it lets the element leave without a search. */
export interface ListNode<T> {
  readonly value: T;
  previous: ListNode<T> | undefined;
  next: ListNode<T> | undefined;
}

/** A doubly linked list: elements join at the end and leave anywhere, both in O(1). */
export interface LinkedList<T> {
  readonly size: number;
  readonly first: ListNode<T> | undefined;
  append(value: T): ListNode<T>;
  /** Takes the node out; call it once for each node. */
  remove(node: ListNode<T>): void;
  clear(): void;
}

/** Makes an empty list. */
export function createLinkedList<T>(): LinkedList<T> {
  let first: ListNode<T> | undefined;
  let last: ListNode<T> | undefined;
  let size = 0;
  return {
    get size() {
      return size;
    },
    get first() {
      return first;
    },
    append(value) {
      const node: ListNode<T> = { value, previous: last, next: undefined };
      if (last === undefined) first = node;
      else last.next = node;
      last = node;
      size += 1;
      return node;
    },
    remove(node) {
      if (node.previous === undefined) first = node.next;
      else node.previous.next = node.next;
      if (node.next === undefined) last = node.previous;
      else node.next.previous = node.previous;
      size -= 1;
    },
    clear() {
      first = undefined;
      last = undefined;
      size = 0;
    },
  };
}
