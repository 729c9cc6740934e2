"""The plans: what is fixed about each family that trains, and each that tunes."""

from families.compose import Plan

TAX = "rates? prepaid? rebate? shipping? reverse? small? bilingual? foreign? invalid? noids?"
LATIN = ("fr-FR", "it-IT", "es-ES", "pt-PT", "fr-BE")
NORTH = ("de-DE", "nl-NL", "en-GB", "de-AT", "pl-PL", "en-DE", "nl-BE")
SLIP = "size: 80mm 200mm; margin: 4mm"

TRAIN_PLANS: dict[str, Plan] = {
    "classic": Plan(
        has=TAX,
        blocks="[ logo seller:ids | title:right meta:right ] [50 gap:1 | buyer:labelled ] lines:ref.item.qty.price.rate.net/grid totals:ruled pay notes foot:ids+fixed",
    ),
    "window": Plan(
        has=TAX,
        blocks="name:right [58 buyer:window | seller:contact meta ] title:number intro lines:pos.item.qty.unit.price.net/head totals pay:inline notes foot:columns+ids+bank+fixed",
    ),
    "centered": Plan(
        has=TAX,
        blocks="name:center seller:inline+center+noname rule title:center+spaced meta:inline buyer:labelled lines:item.qty.price.net/rules totals:center pay:list notes foot:ids",
    ),
    "logoonly": Plan(
        has=TAX,
        blocks="logo:right [ buyer | meta:list ] title:huge lines:qty.item.price.net/none totals:big terms notes foot:columns+ids+contact+bank+fixed",
    ),
    "band": Plan(
        has=TAX,
        blocks="name:band [ seller:labelled+ids | buyer:labelled ] meta:grid+filled lines:item.unit.qty.price.rate.net/dark+zebra totals:boxed pay:box notes stamp",
    ),
    "parties": Plan(
        has=TAX,
        blocks="title:number meta:few+inline parties:bordered lines:item.qty.unit.price.disc.rate.net/grid [ vat:bordered | totals:bordered ] pay notes stamp:right",
    ),
    "polish": Plan(
        has=TAX + " qtyunit?",
        locales=("pl-PL", "pl-PL", "de-DE", "it-IT", "en-GB"),
        blocks="[ logo | meta:right+bordered ] parties:ruled title:center+number lines:pos.item.unit.qty.price.net.rate.gross/grid vat:bordered+gross+right totals:due pay notes",
    ),
    "sentence": Plan(
        has="few qtyunit small? prepaid? signs",
        blocks="name:plain seller:noname+ids gap:10 buyer:right gap:6 meta:sentence intro letter totals:sentence+strong pay:inline notes:x",
    ),
    "strip": Plan(
        has=TAX,
        blocks="[ name seller:noname | buyer:frame ] title meta:grid+bordered lines:ref.item.qty.price.net.rate/cols+filled totals:strip+bordered pay:strip notes foot:ids",
    ),
    "stripdeep": Plan(
        has="rates prepaid? rebate? discounts",
        locales=LATIN,
        blocks="[ seller:labelled+ids | meta:boxed+few ] [ buyer:labelled | ship ] meta:grid+filled lines:ref.item.unit.qty.price.disc.net.rate/cols+filled [ vat:bordered+code | pay:list ] totals:strip+filled+due stamp foot:ids",
    ),
    "credit": Plan(
        has="prepaid? rates? discounts?",
        sort="credit_note",
        blocks="[ logo name | title:right ] [ buyer:labelled | meta:boxed ] lines:item.qty.price.net.rate/rules totals notes foot:ids+center",
    ),
    "creditgrid": Plan(
        has="rates?",
        sort="credit_note",
        blocks="name:right seller:inline+noname gap:8 buyer:window title:band+number meta:grid+ruled intro lines:qty.item.ref.net/grid totals:left+boxed notes pay:list foot:ids+columns",
    ),
    "till": Plan(
        has="gross food? rates",
        sort="receipt",
        page=SLIP,
        mono=True,
        blocks="name:center+plain seller:center+noname+ids rule title:center+quiet till notes:x",
        css=".slip td { padding: 0 } .in { padding-left: 4mm !important }",
    ),
    "tillwide": Plan(
        has="gross food",
        sort="receipt",
        page="size: 105mm 220mm; margin: 6mm",
        blocks="logo:center seller:center+ids title:center+quiet till:always stamp",
    ),
    "long": Plan(
        has="long rates? shipping?",
        blocks="[ name seller:noname+ids | meta:right ] buyer:labelled title:number lines:pos.ref.item.qty.price.net/grid totals:ruled pay notes",
    ),
    "longflow": Plan(
        has="long discounts rates?",
        blocks="logo [ seller:labelled | buyer:labelled ] [ title:number | meta:few ] lines:ref.item.qty.unit.price.disc.net/rules+flow [ vat:ruled | totals ] pay:box notes foot:ids+bank",
    ),
    "hotel": Plan(
        has="hotel gross prepaid? signs",
        blocks="name:center+spaced seller:inline+center+noname [ buyer | meta:list+few ] title folio totals:due+grossfirst vat:ruled+gross notes foot:ids+columns",
    ),
    "energy": Plan(
        has="energy signs nodue",
        blocks="[65 logo seller:ids | summary ] buyer:window meta:grid title:quiet meter lines:item.qty.unit.price.net/zebra totals:full pay:box notes:x coupon",
    ),
    "telecom": Plan(
        has="telecom signs",
        blocks="[ name buyer | summary meta:rows ] title lines:item.qty.price.rate.net/rules totals:ruled terms seller:inline+ids calls",
    ),
    "qrbill": Plan(
        has="qr few prepaid? nodue noids?",
        locales=("de-CH", "fr-CH"),
        blocks="[60 seller:ids | logo:right ] gap:6 buyer title:number meta:list lines:item.qty.price.net/head totals notes qr",
        css=".qr { position: fixed; bottom: 0; left: 0; width: 100%; border-top: 1px dashed #000; font-size: 7pt } .q1 { width: 30%; border-right: 1px dashed #000 } .q2 { width: 30% }",
    ),
    "bilingual": Plan(
        has=TAX + " bilingual",
        blocks="[ title:huge | logo:right ] [ seller:labelled+ids | buyer:labelled | meta:list ] lines:pos.item.qty.unit.price.net/dark totals:boxed pay notes",
    ),
    "shop": Plan(
        has="gross rates? signs nodue private shipping?",
        blocks="[ logo | name:right ] title:spaced [ buyer:labelled | ship | meta:list ] lines:ref.item.qty.price.net.rate/zebra totals:due+grossfirst vat:filled notes advert foot:ids+contact",
    ),
    "works": Plan(
        has="retention prepaid? discounts? invalid?",
        locales=("fr-FR", "fr-BE", "de-DE", "it-IT", "es-ES"),
        blocks="[ seller:ids+contact | buyer:frame ] title:band+number meta:two intro lines:pos.item.unit.qty.price.net/grid+groups totals:due+ruled pay:list notes foot:fixed+ids",
    ),
    "deposit": Plan(
        has="few prepaid? signs",
        sort="deposit",
        blocks="name [ meta:under ] parties:ruled+swap title:center lines:item.net/head totals:due pay:box notes stamp:side+always",
    ),
    "cards": Plan(
        has="signs prepaid? small? few",
        blocks="[35 logo seller:ids meta:stack pay:list | title:huge buyer:labelled gap:4 lines:/cards totals notes ]",
    ),
    "sidebar": Plan(
        has=TAX,
        blocks="[28 name:plain meta:stack seller:noname+ids stamp | title buyer:labelled lines:item.qty.price.net/rules totals:full pay notes ]",
        css=".up > tbody > tr > td:first-child { background: #eee; padding: 4mm !important; height: 240mm }",
    ),
    "labels": Plan(
        has=TAX,
        blocks="title:center [ seller:rows+ids | buyer:rows ] meta:two lines:/said totals:full+ruled pay:list notes",
    ),
    "tworow": Plan(
        has=TAX,
        blocks="[ buyer:labelled | name:right seller:right+noname ] meta:grid+ruled title:quiet lines:item.ref.qty.unit.price.rate.net/tworow+rules totals:inline pay:strip notes foot:ids+center",
    ),
    "totalsfirst": Plan(
        has="prepaid? rates? small? signs",
        blocks="[ title:huge | name:right ] [ meta:list | totals:filled+due ] [ seller:labelled+ids | buyer:labelled ] lines:item.rate.qty.price.net/head pay notes",
    ),
    "footfirst": Plan(
        has=TAX,
        blocks="foot:ids+contact title:right+number [ buyer | meta:bordered ] lines:date.item.qty.price.net/grid totals:bordered terms pay:inline notes stamp:side",
    ),
    "landscape": Plan(
        has=TAX + " discounts?",
        page="size: A4 landscape; margin: 12mm",
        blocks="[ logo seller:ids | buyer:labelled | meta:boxed ] title:band lines:pos.date.ref.item.unit.qty.price.disc.rate.net.gross/grid [ vat:bordered | pay | totals:ruled ] notes",
    ),
    "small": Plan(
        has="few small? private? signs",
        page="size: A5; margin: 10mm",
        blocks="[ name:plain seller:noname+ids | title:right+number meta:list+right ] buyer:labelled lines:item.qty.price.net/rules totals:boxed pay:inline notes:x",
    ),
    "letterpaper": Plan(
        has=TAX,
        page="size: letter; margin: 18mm",
        locales=("en-GB", "en-IE", "en-DE", "en-NL", "fr-FR"),
        blocks="[ title:huge | meta:right ] [ seller:labelled | buyer:labelled | ship ] lines:qty.ref.item.price.net/grid+filled totals:ruled pay:list notes seller:inline+ids",
    ),
    "officerows": Plan(
        has=TAX,
        engine="libreoffice",
        blocks="name:plain seller:noname+ids buyer:labelled title:number meta:bordered lines:item.qty.price.rate.net/grid totals:bordered pay:list notes",
    ),
    "officegrid": Plan(
        has=TAX,
        engine="libreoffice",
        blocks="[ seller:labelled+ids | buyer:labelled ] title:center meta:grid lines:pos.ref.item.qty.unit.price.net/grid totals:strip vat pay notes foot:ids",
    ),
    "officeletter": Plan(
        has="few small? signs qtyunit",
        engine="libreoffice",
        blocks="seller:ids buyer:right meta:sentence intro letter totals:sentence pay:list notes",
    ),
    "trades": Plan(
        has=TAX,
        locales=NORTH,
        blocks="logo:right [60 seller:inline buyer | meta:filled ] intro lines:pos.qty.unit.item.price.net/head+groups vat:turned totals:right pay:inline foot:columns+ids+bank+contact+fixed notes",
    ),
    "placedate": Plan(
        has=TAX + " qtyunit?",
        blocks="[ logo name | seller:right+noname ] [55 buyer:window | gap:20 placedate:right ] title:number meta:inline intro lines:item.qty.price.net/head+sums+due notes pay:inline foot:ids+fixed",
    ),
    "brand": Plan(
        has=TAX,
        blocks="[ brand | title:huge+right ] [ buyer:labelled | meta:right ] lines:item.qty.price.net/grid+sums pay:list notes foot:columns+ids+bank+fixed",
    ),
    "brandcolumns": Plan(
        has=TAX,
        blocks="brand:center rule [33 buyer:frame | ship | meta:stack ] title:band lines:pos.item.unit.qty.price.disc.net/zebra+sums+due [ pay:list | vat:filled ] notes foot:columns+ids+contact",
    ),
    "dense": Plan(
        has="rates discounts? shipping? rebate?",
        locales=LATIN,
        blocks="[ seller:ids | title:right ] meta:grid+bordered [ ship | buyer:frame+labelled ] lines:ref.item.qty.unit.price.disc.net.rate/cols [ pay:box | vat:bordered+gross | totals:bordered+due ] notes foot:contact",
        css="body { font-size: 7.5pt !important }",
    ),
    "eastern": Plan(
        has=TAX + " qtyunit?",
        locales=("pl-PL", "pl-PL", "pl-PL", "it-IT", "pt-PT"),
        blocks="placedate:labelled+right title:center+number parties:bordered meta:list+many lines:pos.item.qty.unit.price.net.rate.gross/grid vat:bordered+gross+right totals:due pay:list notes stamp",
    ),
    "eastcorrects": Plan(
        has="rates? discounts?",
        sort="credit_note",
        locales=("pl-PL", "pl-PL", "pt-PT", "es-ES", "fr-FR", "de-DE"),
        blocks="[ seller:labelled+ids | title:number meta:right+many ] buyer:labelled lines:pos.item.qty.unit.price.net.rate/grid totals:ruled pay:list notes",
    ),
    "atcud": Plan(
        has=TAX,
        locales=("pt-PT", "pt-PT", "es-ES", "it-IT"),
        blocks="[ name seller:noname+ids | buyer:labelled ] title:number meta:grid+bordered+many lines:ref.item.qty.unit.price.disc.rate.net/head [ vat:ruled | totals:ruled ] pay:list notes foot:ids+contact",
    ),
    "situation": Plan(
        has="retention? prepaid? discounts? rates?",
        locales=("fr-FR", "fr-FR", "fr-BE", "de-DE", "es-ES"),
        blocks="[ logo seller:ids | meta:bordered+many ] [ gap:1 | buyer:labelled ] title:number intro lines:pos.item.unit.qty.price.net/grid+groups totals:due+ruled pay:box notes foot:fixed+ids",
    ),
    "manydates": Plan(
        has=TAX,
        blocks="name:plain seller:noname+inline title:quiet meta:two+many [ buyer:labelled | ship ] lines:date.ref.item.qty.price.net/rules totals:boxed pay:inline notes stamp:right foot:ids",
    ),
    "datestrip": Plan(
        has=TAX,
        blocks="[ logo | seller:right+ids ] [ buyer:frame | title:right ] meta:grid+filled+many lines:item.qty.price.rate.net/zebra totals:right pay:list notes",
    ),
    "boxcredit": Plan(
        has="rates? rebate?",
        sort="credit_note",
        blocks="[ name seller:noname+ids | meta:boxed+many ] [ buyer:window | title:huge ] lines:ref.item.qty.price.net/head totals:bordered notes pay:inline foot:ids+center",
    ),
}

TUNE_PLANS: dict[str, Plan] = {
    "tune_east": Plan(
        has=TAX + " qtyunit?",
        locales=("pl-PL", "pl-PL", "pt-PT", "nl-NL"),
        blocks="[ title:number | meta:right+many ] [ seller:labelled+ids | buyer:labelled ] lines:pos.item.unit.qty.price.rate.net.gross/rules [ vat:ruled | totals:due ] pay notes stamp:right",
    ),
    "tune_corrects": Plan(
        has="rates? prepaid?",
        sort="credit_note",
        locales=("pl-PL", "fr-FR", "de-DE", "pt-PT", "nl-NL", "it-IT", "en-GB"),
        blocks="title:center+number meta:two+many parties:ruled+swap lines:item.qty.price.net.rate/grid totals:boxed notes foot:ids",
    ),
    "tune_south": Plan(
        has=TAX,
        locales=("pt-PT", "pt-PT", "es-ES", "it-IT", "fr-FR"),
        blocks="seller:inline+ids rule [ meta:boxed+many | buyer:window ] title:number lines:ref.item.qty.price.disc.net.rate/dark totals:full pay:box notes foot:contact+center",
    ),
    "tune_works": Plan(
        has="retention? prepaid? rates?",
        locales=("fr-FR", "fr-FR", "de-DE", "en-GB", "nl-BE"),
        blocks="meta:inline+many [ seller:labelled+ids | buyer:labelled | ship ] title:band+number lines:pos.item.qty.unit.price.net/rules+groups totals:right+due pay:strip notes",
    ),
    "tune_inverse": Plan(
        has=TAX,
        blocks="[ totals:filled | title:spaced ] [ meta:two ] [ buyer:rows | seller:rows+ids ] lines:net.item.qty.price/rules notes pay:strip stamp:always",
    ),
    "tune_middle": Plan(
        has=TAX,
        blocks="logo:center title:center+quiet meta:list buyer:inline lines:item.price.qty.net/none+tight totals:center+ruled seller:center+ids pay:inline notes",
    ),
    "tune_three": Plan(
        has=TAX + " discounts?",
        blocks="parties:three+bordered [ title:band+number | meta:filled ] lines:ref.qty.item.rate.price.disc.net/dark [ totals:left+bordered | vat:filled+code ] pay:box notes foot:center",
    ),
    "tune_note": Plan(
        has="few small? signs prepaid?",
        blocks="seller:right+ids+contact buyer gap:8 meta:sentence title:quiet lines:/said totals:sentence notes terms pay:inline",
    ),
    "tune_credit": Plan(
        has="rates? rebate?",
        sort="credit_note",
        blocks="title:huge parties:ruled meta:under lines:item.rate.net.qty/zebra totals:strip+filled notes seller:only+ids",
    ),
    "tune_slip": Plan(
        has="gross food? rates",
        sort="receipt",
        page="size: 72mm 210mm; margin: 3mm",
        blocks="title:center+quiet meta:list+few till name:center+plain seller:center+noname+ids stamp:always",
    ),
    "tune_long": Plan(
        has="long rates?",
        blocks="parties:swap meta:grid+filled title:center lines:qty.item.ref.price.rate.net/zebra+dark [ pay:list | totals:boxed+due ] notes foot:ids+columns",
    ),
    "tune_energy": Plan(
        has="energy signs nodue",
        page="size: A4; margin: 10mm 20mm",
        blocks="summary [ seller:ids | buyer:frame ] meta:stack meter lines:item.unit.price.qty.net/dark vat:ruled+turned totals:inline coupon",
    ),
    "tune_left": Plan(
        has=TAX,
        blocks="[70 title:number buyer:labelled lines:item.qty.net/head totals:left notes | meta:stack seller:labelled+ids pay:list advert ]",
    ),
    "tune_placedate": Plan(
        has=TAX,
        blocks="seller:ids+contact placedate:right buyer:right title:center+number lines:qty.item.price.net/cols+sums meta:list pay:box notes",
    ),
    "tune_brand": Plan(
        has=TAX,
        blocks="[ meta:right | brand:right ] title:spaced+number buyer:rows lines:ref.item.qty.price.rate.net/rules+sums notes foot:ids+bank+center",
    ),
    "tune_office": Plan(
        has=TAX,
        engine="libreoffice",
        blocks="title:number [ meta | seller:ids ] buyer:labelled lines:qty.item.unit.price.net.rate/grid [ vat | totals ] notes pay",
    ),
    "tune_hotel": Plan(
        has="hotel gross signs",
        blocks="[ title:huge seller:noname+ids | logo:right name:right ] meta:inline buyer folio [ vat:bordered | totals:grossfirst+boxed ] notes foot:contact",
    ),
    "tune_wide": Plan(
        has=TAX,
        page="size: 250mm 297mm; margin: 15mm",
        blocks="[ name | meta:grid+bordered ] [ buyer:labelled | intro ] lines:date.ref.item.net.rate/cols [ notes | totals:big ] foot:ids+bank+center",
    ),
}
