// Boxes and polygons, drawn and dragged with Annotorious; the keyboard makes, moves and resizes them too.

import {
  createImageAnnotator,
  type ImageAnnotation,
  type ImageAnnotator,
  type PolygonGeometry,
  type RectangleGeometry,
  ShapeType
} from '@annotorious/annotorious';
import style from '@annotorious/annotorious/annotorious.css';
import { type IShown } from '../protocol';
import { type IEntry, type Region, RegionTool } from '../regions';
import { type Help, type IHost } from '../tool';
import { painted } from './masks';
import { boundsOf, boxOf, nudged, pointsOf, regionOfBox, regionOfPoints } from './geometry';

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1]
};

export class Shapes extends RegionTool {
  readonly help: Help;
  private _isBoxes: boolean;
  private _annotator: ImageAnnotator | null = null;
  private _image: HTMLImageElement | null = null;
  private _masks: HTMLCanvasElement | null = null;
  private _isDrawing = false;

  constructor(host: IHost) {
    super(host, host.setup.classes);
    this._isBoxes = host.setup.tool === 'boxes';
    this.panel.append(styled(style));
    this.help = [
      ['1 2 3 …', 'class of the next region, and of the selected one'],
      this._isBoxes ? ['drag', 'a box'] : ['click', 'corners; a double click closes'],
      ['N', 'a new one in the middle, without a mouse'],
      ['← ↑ → ↓', 'move it; with Shift, resize it; with Alt, by a pixel'],
      ['[ ]', 'select another'],
      ['Del', 'remove it'],
      ['Enter', 'these regions, next item']
    ];
  }

  protected open(item: IShown, stage: HTMLElement): void {
    this.dispose();
    this._image = stage.querySelector('img');
    const image = this._image;
    if (!image) {
      return;
    }
    const begin = (): void => {
      if (this.item === item) {
        this._begin(image);
        this.draw();
      }
    };
    if (image.complete && image.naturalWidth > 0) {
      begin();
    } else {
      image.addEventListener('load', begin, { once: true });
    }
  }

  protected draw(): void {
    const annotator = this._annotator;
    if (!annotator) {
      return;
    }
    this._isDrawing = true;
    annotator.setAnnotations(
      this.entries.filter(isShape).map(entry => this._annotation(entry)),
      true
    );
    const chosen = this.entryOf(this.selected);
    annotator.setSelected(chosen && isShape(chosen) ? chosen.id : undefined, true);
    this._masks?.remove();
    this._masks = painted(this.entries, entry => this.palette.color(entry.region.label));
    if (this._masks) {
      annotator.element.append(this._masks);
    }
    this._isDrawing = false;
  }

  protected place(region: Region): string {
    const box = region['box'] as number[] | undefined;
    const points = region['polygon'] as unknown[] | undefined;
    if ('mask' in region) {
      return 'painted';
    }
    return box
      ? `${Math.round(box[2] ?? 0)}×${Math.round(box[3] ?? 0)}`
      : `${points?.length ?? 0} corners`;
  }

  override press(event: KeyboardEvent): boolean {
    if (event.ctrlKey || event.metaKey) {
      return false;
    }
    if (event.key === 'n') {
      return this._make();
    }
    const arrow = ARROWS[event.key];
    const entry = this.entryOf(this.selected);
    if (arrow && entry && isShape(entry)) {
      const step = event.altKey ? 1 : Math.max(1, Math.round((this.item?.width ?? 100) / 100));
      this.move(entry.id, nudged(entry.region, arrow[0] * step, arrow[1] * step, event.shiftKey));
      return true;
    }
    if (event.key === 'Escape') {
      this._annotator?.cancelDrawing();
    }
    return super.press(event);
  }

  dispose(): void {
    this._annotator?.destroy();
    this._annotator = null;
  }

  private get _scale(): number {
    const shown = this._image?.naturalWidth ?? 1;
    return (this.item?.width ?? shown) / shown;
  }

  private _begin(image: HTMLImageElement): void {
    const annotator = createImageAnnotator(image, {
      autoSave: true,
      drawingEnabled: true,
      drawingMode: this._isBoxes ? 'drag' : 'click',
      theme: 'light'
    });
    annotator.setDrawingTool(this._isBoxes ? 'rectangle' : 'polygon');
    annotator.setStyle((annotation, state) => {
      const color = this.palette.color(
        this.entryOf(annotation.id)?.region.label ?? this.active
      ) as `#${string}`;
      return {
        fill: color,
        fillOpacity: state?.selected ? 0.3 : 0.15,
        stroke: color,
        strokeWidth: state?.selected ? 3 : 2
      };
    });
    annotator.on('createAnnotation', made =>
      this._hear(() => this.add(this._placeOf(made), made.id))
    );
    annotator.on('updateAnnotation', made =>
      this._hear(() => this.move(made.id, this._placeOf(made)))
    );
    annotator.on('deleteAnnotation', gone => this._hear(() => this.remove(gone.id)));
    annotator.on('selectionChanged', chosen => {
      const id = chosen[0]?.id ?? null;
      this._hear(() => id !== this.selected && this.select(id));
    });
    this._annotator = annotator;
  }

  /** Follow the library, but not where it only tells what was drawn from here. */
  private _hear(step: () => void): void {
    if (!this._isDrawing) {
      step();
    }
  }

  /** Put a region into the middle of the picture. */
  private _make(): boolean {
    const { width, height } = this.item ?? {};
    if (!this._annotator || !width || !height) {
      return false;
    }
    const [x, y, w, h] = [width * 0.4, height * 0.4, width * 0.2, height * 0.2];
    const corners = [
      [x, y],
      [x + w, y],
      [x + w, y + h],
      [x, y + h]
    ];
    this.add(this._isBoxes ? regionOfBox({ x, y, w, h }, 1) : regionOfPoints(corners, 1));
    return true;
  }

  private _placeOf({ target: { selector } }: ImageAnnotation): Record<string, unknown> {
    return selector.type === ShapeType.RECTANGLE
      ? regionOfBox(selector.geometry as RectangleGeometry, this._scale)
      : regionOfPoints((selector.geometry as PolygonGeometry).points, this._scale);
  }

  private _annotation({ id, region }: IEntry): ImageAnnotation {
    const target = (
      type: ShapeType,
      geometry: RectangleGeometry | PolygonGeometry
    ): ImageAnnotation => ({
      id,
      bodies: [],
      target: { annotation: id, selector: { type, geometry } }
    });
    if ('box' in region) {
      const box = boxOf(region, this._scale);
      const corners = [
        [box.x, box.y],
        [box.x + box.w, box.y + box.h]
      ];
      return target(ShapeType.RECTANGLE, { ...box, bounds: boundsOf(corners) });
    }
    const points = pointsOf(region, this._scale);
    return target(ShapeType.POLYGON, { points, bounds: boundsOf(points) });
  }
}

function isShape({ region }: IEntry): boolean {
  return 'box' in region || 'polygon' in region;
}

function styled(text: string): HTMLStyleElement {
  const element = document.createElement('style');
  element.textContent = text;
  return element;
}
