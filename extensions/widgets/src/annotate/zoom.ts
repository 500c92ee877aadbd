// How large pictures are shown, and which part of them: by keys, by the wheel with Ctrl, by dragging with the middle button.

import { type Cleanup } from '../anywidget';

const STEP = 1.5;
/** At most so many pixels of the screen for one of the original; four times the whole picture in any case. */
const FINEST = 4;
const LEAST_FINEST = 4;
/** The share of what is seen by which an arrow key moves on. */
const PACE = 0.2;

/** A part of a picture. */
export interface IPart {
  x: number;
  y: number;
  w: number;
  h: number;
}

export class Zoom {
  private _factor = 1;
  private _most = LEAST_FINEST;
  private _frame = 0;

  /** *onChange* is called once a frame when another part of a picture is seen, or in another size. */
  constructor(
    private _stage: HTMLElement,
    private _onChange: () => void
  ) {
    _stage.addEventListener('wheel', event => this._onWheel(event), { passive: false });
    _stage.addEventListener('scroll', () => this._tell(), true); // it does not bubble
    _stage.addEventListener('pointerdown', event => this._onPress(event), true);
  }

  mount(): Cleanup {
    const sized = new ResizeObserver(() => this._tell());
    sized.observe(this._stage);
    return () => {
      sized.disconnect();
      cancelAnimationFrame(this._frame);
    };
  }

  /** Show a new picture whole; *width* is that of its original. */
  reset(width: number | null): void {
    this._set(1);
    const shown = this._pictures[0]?.querySelector('img')?.getBoundingClientRect().width ?? 0;
    this._most = Math.max(LEAST_FINEST, shown > 0 ? (FINEST * (width ?? 0)) / shown : 0);
  }

  /** Show pictures larger by *by* steps, smaller when it is negative, around the middle of what is seen. */
  enlarge(by: number): void {
    this._scale(STEP ** by);
  }

  /** Move on to another part by an arrow key; return false when all is seen. */
  pan({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
    const [dx, dy] = ARROWS[key] ?? [0, 0];
    if (this._factor === 1 || (dx === 0 && dy === 0) || ctrlKey || metaKey || altKey) {
      return false;
    }
    for (const picture of this._pictures) {
      picture.scrollBy(dx * picture.clientWidth * PACE, dy * picture.clientHeight * PACE);
    }
    return true;
  }

  private get _pictures(): HTMLElement[] {
    return [...this._stage.querySelectorAll<HTMLElement>('.wb-anno-picture')];
  }

  private _set(factor: number): void {
    this._factor = factor;
    this._stage.style.setProperty('--wb-anno-zoom', String(factor));
    this._stage.classList.toggle('wb-anno-zoomed', factor > 1);
    this._tell();
  }

  /** Scale so that what is at *at* stays there, by default in the middle. */
  private _scale(by: number, at?: { clientX: number; clientY: number }): void {
    const anchors = this._pictures.map(picture => {
      const box = picture.getBoundingClientRect();
      const [x, y] = [at?.clientX ?? box.x + box.width / 2, at?.clientY ?? box.y + box.height / 2];
      const image = imageOf(picture);
      return { picture, x, y, fx: (x - image.x) / image.width, fy: (y - image.y) / image.height };
    });
    this._set(Math.min(this._most, Math.max(1, this._factor * by)));
    for (const { picture, x, y, fx, fy } of anchors) {
      const image = imageOf(picture);
      picture.scrollBy(image.x + fx * image.width - x, image.y + fy * image.height - y);
    }
  }

  private _onWheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault(); // else the browser enlarges its page; two fingers apart come as this too
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 20 : 1;
      this._scale(2 ** ((-event.deltaY * lines) / 250), event);
    }
  }

  private _onPress(event: PointerEvent): void {
    const picture = (event.target as Element).closest('.wb-anno-picture');
    if (event.button !== 1 || !picture) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const move = ({ movementX, movementY }: PointerEvent): void =>
      picture.scrollBy(-movementX, -movementY);
    const stop = (): void => window.removeEventListener('pointermove', move);
    window.addEventListener('pointermove', move);
    window.addEventListener('pointerup', stop, { once: true });
    window.addEventListener('pointercancel', stop, { once: true });
  }

  private _tell(): void {
    cancelAnimationFrame(this._frame);
    this._frame = requestAnimationFrame(() => this._onChange());
  }
}

export const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1]
};

/** Return the part of a picture that is not scrolled away, in the unit in which its *width* and *height* are. */
export function seenOf(image: Element | null, width = 1, height = 1): IPart {
  const all = image?.getBoundingClientRect();
  const view = image?.closest('.wb-anno-picture');
  if (!view || !all || all.width === 0 || all.height === 0) {
    return { x: 0, y: 0, w: width, h: height };
  }
  const box = view.getBoundingClientRect();
  const [left, top] = [Math.max(all.left, box.left), Math.max(all.top, box.top)];
  const [right, bottom] = [box.left + view.clientWidth, box.top + view.clientHeight];
  const [across, down] = [width / all.width, height / all.height];
  return {
    x: (left - all.left) * across,
    y: (top - all.top) * down,
    w: Math.max(0, Math.min(all.right, right) - left) * across,
    h: Math.max(0, Math.min(all.bottom, bottom) - top) * down
  };
}

/** Return by how much an arrow key moves what is in a picture: a hundredth of what is seen, one pixel with Alt. */
export function stepIn({ w }: IPart, { altKey }: KeyboardEvent): number {
  return altKey ? 1 : Math.max(1, Math.round(w / 100));
}

function imageOf(picture: HTMLElement): DOMRect {
  return (picture.querySelector('img') ?? picture).getBoundingClientRect();
}
