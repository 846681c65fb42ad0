/* 居民上报 · what the open pages do beyond plain forms; without script all of them still work. */
"use strict";
{
  const first = (query, from = document) => from.querySelector(query);

  /* 使用我的位置: asked only when the button is pressed; the place is told in words before it is sent */
  const locate = (button) => {
    const form = button.form ?? button.closest("form"), told = first("[data-located]", form);
    const say = (text) => { told.textContent = text; };
    const choose = "请从下面选一个街道、社区。";
    if (!navigator.geolocation) return say(`这部手机不能定位，${choose}`);
    button.setAttribute("aria-busy", "true");
    say("正在找您的位置…");
    navigator.geolocation.getCurrentPosition(async ({ coords }) => {
      const given = new URLSearchParams({ longitude: coords.longitude, latitude: coords.latitude, csrf: form.elements.csrf?.value ?? "" });
      const answer = await fetch("/residents/where", { method: "POST", body: given }).catch(() => null);
      const name = answer?.ok ? await answer.text() : "";
      button.removeAttribute("aria-busy");
      if (!name) return say(`没认出这里是哪个社区，${choose}`);
      form.elements.longitude.value = coords.longitude;
      form.elements.latitude.value = coords.latitude;
      form.elements.areaId.value = "";
      say(`您在：${name}。不对的话，${choose}`);
    }, () => { button.removeAttribute("aria-busy"); say(`没有找到您的位置，${choose}`); }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
  };

  /* Two short lists in place of a long one: the street, then what lies in it */
  const split = (place) => {
    const whole = first("select[name=areaId]", place), groups = [...whole.querySelectorAll("optgroup")];
    if (groups.length < 2) return;
    const street = document.createElement("select");
    street.setAttribute("aria-label", "街道");
    street.append(new Option("请选择街道", ""), ...groups.map((one, at) => new Option(one.label, at)));
    whole.before(street);
    const show = () => {
      const chosen = street.value, group = groups[chosen];
      groups.forEach((one) => one.remove());
      if (group) whole.append(group);
      whole.hidden = !group;
      whole.setAttribute("aria-label", "社区");
      if (!group) whole.value = "";
    };
    const at = groups.findIndex((one) => first("option[selected]", one));
    if (at >= 0) street.value = at;
    place.addEventListener("change", () => { for (const name of ["longitude", "latitude"]) whole.form.elements[name].value = ""; });
    street.addEventListener("change", () => { show(); whole.selectedIndex = street.value ? 1 : 0; });
    show();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-locate]");
    if (button) return locate(button);
    if (event.target.closest("[data-print]")) print();
  });
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-place]").forEach(split);
    /* A scanned code stands behind "#", which is not sent to anybody: put it into the form */
    const form = first("[data-track]"), code = decodeURIComponent(location.hash.slice(1));
    if (form && code && !first("[aria-invalid=true]", form)) {
      form.elements.code.value = code;
      history.replaceState(null, "", location.pathname);
      form.requestSubmit();
    }
  });
}
