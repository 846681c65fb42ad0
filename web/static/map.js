/* 六和 · the map. Without script or WebGL the page keeps the drawing that the server has made; the
   lists below it say the same in words. Names and numbers are ours (HTML), so no fonts are loaded. */
"use strict";
(() => {
  const frame = document.querySelector("[data-map]"), tools = document.querySelector("[data-map-tools]");
  const able = () => {
    const canvas = document.createElement("canvas");
    return Boolean(canvas.getContext("webgl2") || canvas.getContext("webgl"));
  };
  if (!frame || !window.maplibregl || !able()) return;
  const HERE = "/admin/places/map", LEVELS = ["street", "community", "grid", "microgrid"];
  const say = document.getElementById("map-say");
  const home = frame.dataset.box.split(",").map(Number);
  const colours = getComputedStyle(document.documentElement);
  const colour = (name) => colours.getPropertyValue(name).trim();
  const empty = () => ({ type: "FeatureCollection", features: [] });
  const make = (tag, parent, of = {}) => parent.appendChild(Object.assign(document.createElement(tag), of));

  maplibregl.workerUrl = frame.dataset.worker;
  frame.replaceChildren();
  frame.classList.add("live");
  const map = new maplibregl.Map({
    container: frame, attributionControl: false, dragRotate: false, pitchWithRotate: false, maxZoom: 19, minZoom: 3,
    bounds: [home.slice(0, 2), home.slice(2)], fitBoundsOptions: { padding: 24 },
    locale: { "Map.Title": "地图：方向键移动，加号减号缩放" },
    fadeDuration: 0,
    style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": colour("--sheet") } }] },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  const names = make("div", frame, { className: "map-names" });
  names.setAttribute("aria-hidden", "true");
  const buttons = make("div", frame, { className: "map-buttons" });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const add = (text, label, press) => make("button", buttons, { type: "button", textContent: text, onclick: press, ariaLabel: label });
  add("＋", "放大", () => map.zoomIn({ animate: !still }));
  add("－", "缩小", () => map.zoomOut({ animate: !still }));
  add("全", "回到全部范围", () => map.fitBounds([home.slice(0, 2), home.slice(2)], { padding: 24, animate: !still }));
  const card = make("div", frame, { className: "map-card", hidden: true });
  card.setAttribute("role", "status");

  const boxes = [...tools.querySelectorAll("[name=layer]")], choice = tools.querySelector("[name=level]");
  const box = () => { const b = map.getBounds(); return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()].map((n) => n.toFixed(5)).join(","); };
  const level = () => choice.value || LEVELS[[12.6, 14, 15.8].filter((zoom) => map.getZoom() >= zoom).length];
  const aside = (at) => at * 16; // pixels, so that layers do not hide each other
  let round = 0, areas = [];

  const get = async (url) => {
    const answer = await fetch(url, { headers: { accept: "application/json" } });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };

  const prepare = () => {
    map.addSource("areas", { type: "geojson", data: empty() });
    map.addLayer({ id: "areas-fill", type: "fill", source: "areas", paint: { "fill-color": colour("--pine"), "fill-opacity": .06 } });
    map.addLayer({ id: "areas-line", type: "line", source: "areas", paint: { "line-color": colour("--edge"), "line-width": 1.2 } });
    boxes.forEach(({ value }, at) => {
      const main = colour(`--layer-${Math.min(at, 3)}`), rim = colour("--sheet");
      map.addSource(value, { type: "geojson", data: empty(), cluster: true, clusterRadius: 42, clusterMaxZoom: 17 });
      const point = (id, filter, size) => map.addLayer({ id, type: "circle", source: value, filter, paint: {
        "circle-color": ["case", ["==", ["get", "tone"], "bad"], colour("--bad"), main],
        "circle-radius": size, "circle-stroke-color": rim, "circle-stroke-width": 2, "circle-translate": [aside(at), 0],
      } });
      point(`${value}-many`, ["has", "point_count"], ["step", ["get", "point_count"], 13, 10, 16, 50, 20]);
      point(value, ["!", ["has", "point_count"]], 8);
    });
  };

  /* Names of areas that have room, and how many things a cluster holds. */
  const label = () => {
    const taken = [], marks = [];
    const put = (text, at, kind, shift = 0) => {
      const { x: middle, y } = map.project(at), x = middle + shift, wide = text.length * (kind ? 8 : 14), high = 18;
      if (x < 0 || y < 0 || x > frame.clientWidth || y > frame.clientHeight) return;
      const mine = [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2];
      if (!kind && taken.some((one) => mine[0] < one[2] && one[0] < mine[2] && mine[1] < one[3] && one[1] < mine[3])) return;
      taken.push(mine);
      const span = document.createElement("span");
      span.textContent = text;
      span.className = kind;
      span.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`;
      marks.push(span);
    };
    const seen = new Set();
    boxes.forEach(({ value, checked }, at) => {
      if (!checked || !map.getLayer(`${value}-many`)) return;
      for (const one of map.queryRenderedFeatures({ layers: [`${value}-many`] })) {
        const key = `${value}${one.id ?? one.properties.cluster_id}`;
        if (!seen.has(key)) put(String(one.properties.point_count), one.geometry.coordinates, "map-count", aside(at));
        seen.add(key);
      }
    });
    for (const one of areas) put(one.properties.name, one.properties.at, "");
    names.replaceChildren(...marks);
  };

  const fill = async () => {
    const mine = ++round, where = box(), on = boxes.filter((one) => one.checked);
    const query = new URLSearchParams([["chosen", "1"], ["box", where], ...on.map((one) => ["layer", one.value])]);
    try {
      const [ground, list, ...layers] = await Promise.all([
        get(`${HERE}/divisions.geojson?level=${level()}&box=${where}`),
        fetch(`${HERE}/list?${query}`).then((answer) => answer.ok ? answer.text() : Promise.reject(new Error(answer.status))),
        ...on.map((one) => get(`${HERE}/layers/${one.value}?box=${where}`)),
      ]);
      if (mine !== round) return;
      areas = ground.features;
      map.getSource("areas").setData(ground);
      boxes.forEach((one) => map.getSource(one.value).setData(layers[on.indexOf(one)] ?? empty()));
      const fresh = new DOMParser().parseFromString(list, "text/html").getElementById("map-list");
      document.getElementById("map-list").replaceWith(fresh);
      say.textContent = on.map((one, at) => `${one.dataset.title}：${layers[at].words}`).join("；");
    } catch {
      if (mine === round) say.textContent = "没有取到数据，请检查网络，动一动地图会再试。";
    }
  };

  const things = boxes.flatMap((one) => [one.value, `${one.value}-many`]);
  const under = (point) => {
    const around = [[point.x - 6, point.y - 6], [point.x + 6, point.y + 6]];
    return map.queryRenderedFeatures(around, { layers: things });
  };
  const tell = (found) => {
    const list = document.createElement("ul");
    for (const { properties } of found) {
      const link = make("a", make("li", list), { href: properties.href, textContent: properties.title });
      if (properties.meta) make("small", link, { textContent: ` ${properties.meta}` });
    }
    card.replaceChildren(list);
    card.hidden = false;
  };
  const press = async ({ point }) => {
    card.hidden = true;
    const [first, ...rest] = under(point);
    if (!first) return;
    if (!first.properties.cluster) {
      if (rest.some((one) => one.properties.href && one.properties.href !== first.properties.href)) tell([first, ...rest.filter((one) => !one.properties.cluster)]);
      else location.href = first.properties.href;
      return;
    }
    const source = map.getSource(first.source), id = first.properties.cluster_id;
    source.getClusterExpansionZoom(id, (error, zoom) => {
      if (!error && zoom <= 18) map.easeTo({ center: first.geometry.coordinates, zoom: zoom + .2, animate: !still });
      else source.getClusterLeaves(id, 50, 0, (problem, leaves) => { if (!problem) tell(leaves); });
    });
  };

  let later = 0;
  const soon = () => { clearTimeout(later); later = setTimeout(fill, 200); };
  map.on("load", () => { prepare(); fill(); });
  map.on("moveend", soon);
  map.on("render", label);
  map.on("idle", () => { frame.dataset.ready = "1"; label(); });
  map.on("click", press);
  map.on("mousemove", ({ point }) => { map.getCanvas().style.cursor = map.getLayer("areas-fill") && under(point).length ? "pointer" : ""; });
  tools.addEventListener("change", () => { card.hidden = true; soon(); });
  tools.addEventListener("submit", (event) => { event.preventDefault(); soon(); });
  frame.map = map;
})();
