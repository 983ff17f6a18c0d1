"""Words for the roles of columns, in several languages; without accents, as ``folded`` gives them.

English, German, French, Spanish, Italian, Dutch, Portuguese, Polish and Chinese; the roles also in
Russian, Turkish, Czech and the Scandinavian languages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = [
    "ALIASES",
    "CALENDAR",
    "DAYS_OF_MONTH",
    "ID_WORDS",
    "MONTHS",
    "NO_WORDS",
    "OPEN_WORDS",
    "PLANNED",
    "REGIONS",
    "SALES_UNITS",
    "TOTALS",
    "WEEKS",
    "WEEK_ENDS",
    "WHOLE",
    "YEARS",
    "YES_WORDS",
]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# Of several columns for one role, the first in this list gets it. The others have no role.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "store": _words(
        """
        store store_number store_id store_nbr store_no store_code storeid shop shop_id branch
        branch_id outlet outlet_id location location_id site site_id unique_id
        filiale filial markt laden geschaft geschaeft standort niederlassung verkaufsstelle
        betriebsstatte betriebsstaette
        magasin boutique point_de_vente pdv
        tienda sucursal punto_de_venta establecimiento
        negozio punto_vendita
        winkel filiaal vestiging
        sklep sklepu placowka punkt_sprzedazy oddzial
        loja ponto_de_venda
        магазин филиал торговая_точка magaza sube prodejna pobocka butik butikk forretning
        store_name shop_name filialname filialbezeichnung nom_magasin nombre_tienda nome_negozio
        nazwa_sklepu
        门店 店铺 商店 分店 店号 店 門店 門市 店舖 店舗 门店名称 店名
        """
    ),
    "date": _words(
        """
        date ds timestamp sales_date sale_date business_date transaction_date datetime datum day
        week_start week_start_date week_ending week_end_date week_ending_date week_end weekending
        week_ends_on wk_ending week_date month_start month_end
        verkaufsdatum buchungsdatum belegdatum umsatzdatum kalendertag tag verkaufstag
        date_vente date_de_vente date_ventes jour journee
        fecha fecha_venta fecha_de_venta dia
        data data_vendita data_di_vendita giorno
        verkoopdatum dag
        data_sprzedazy dzien
        data_venda data_da_venda
        дата дата_продажи tarih satis_tarihi datum_prodeje forsaljningsdatum dato
        日期 销售日期 交易日期 营业日期 時間 时间 銷售日期 日付
        year_week yearweek iso_week year_month yearmonth week month
        kalenderwoche kw woche monat semaine mois semana mes settimana mese maand tydzien miesiac
        """
    ),
    "target": _words(
        """
        sales demand y target target_value unit_sales units_sold units quantity quantity_sold qty
        sold sales_quantity revenue turnover value amount daily_sales weekly_sales monthly_sales
        net_sales gross_sales total_sales sales_amount
        umsatz umsatze umsaetze tagesumsatz wochenumsatz monatsumsatz nettoumsatz bruttoumsatz
        erlos erloes verkauf verkaufe verkaeufe absatz verkaufsmenge absatzmenge menge stuckzahl
        stueckzahl stuck stueck anzahl
        ventes vente chiffre_d_affaires chiffre_affaires montant quantite_vendue quantite ca
        ventas venta importe facturacion ingresos unidades_vendidas unidades cantidad
        vendite venduto incasso fatturato ricavi importo quantita_venduta quantita
        omzet verkopen verkoop afzet aantal
        sprzedaz obrot utarg przychod wartosc_sprzedazy ilosc_sprzedana ilosc liczba_sztuk
        vendas faturamento quantidade
        продажи выручка оборот количество satis satislar ciro trzby prodej prodeje forsaljning
        salg omsatning omsetning
        销售额 销售金额 营业额 销售 销售量 销量 金额 数量 銷售額 營業額 銷量 売上 売上高
        """
    ),
    "item": _words(
        """
        item item_id sku sku_id product product_id product_code item_nbr item_number article
        article_id family dept department
        artikel produkt warengruppe ware
        produit code_article rayon famille
        articulo producto familia
        articolo prodotto
        artykul towar
        produto
        товар артикул urun zbozi vara vare
        商品 产品 单品 货号 品类 商品编码 產品 貨號
        """
    ),
}

# Words beside a role: "Filial-Nr.", "code magasin", "ID tienda", "门店编号".
ID_WORDS = frozenset(
    _words(
        """
        id nr no num number nummer numer numero code kod codigo codice nbr
        编号 编码 代码 編號
        """
    )
)
# Words after sales: "Umsatz (EUR)", "Sales in USD", "Umsatz netto", "销售额(元)".
SALES_UNITS = frozenset(
    _words(
        """
        in en eur euro euros usd gbp chf pln zl sek dkk nok czk cny rmb jpy brl netto brutto net
        gross ttc ht stk stuck stueck pcs szt 元 万元 円
        """
    )
)

# A date column of these names has the last day of each week.
WEEK_ENDS = frozenset(
    _words("week_ending week_end_date week_ending_date week_end weekending week_ends_on wk_ending")
)
YEARS = frozenset(
    _words("year iso_year calendar_year fiscal_year jahr annee ano anno jaar rok 年 年份")
)
MONTHS = frozenset(_words("month month_number month_no monat mois mes mese maand miesiac 月 月份"))
DAYS_OF_MONTH = frozenset(
    _words("day day_of_month tag jour dia giorno dag dzien 日 monatstag kalendertag")
)
WEEKS = frozenset(
    _words(
        """
        week week_of_year iso_week week_number week_no calendar_week
        woche kalenderwoche kw semaine semana settimana
        tydzien weeknummer 周 周数 第几周
        """
    )
)
# These follow from the date, which the models use anyway.
CALENDAR = (
    YEARS
    | MONTHS
    | DAYS_OF_MONTH
    | WEEKS
    | frozenset(
        _words(
            """
            day_of_week dayofweek weekday week_day dow day_name month_name quarter yearmonth
            year_month is_weekend weekend day_of_year
            wochentag quartal wochenende jour_de_la_semaine jour_semaine trimestre dia_semana
            dia_de_la_semana giorno_settimana giorno_della_settimana weekdag kwartaal
            dzien_tygodnia kwartal 星期 星期几 周几 季度 周末
            """
        )
    )
)
OPEN_WORDS = frozenset(
    _words(
        """
        is_open store_open shop_open geoffnet geoeffnet offen ouvert abierto aperto geopend
        otwarte otwarty aberto 营业 是否营业 开门 營業
        """
    )
)
REGIONS = frozenset(_words("region regione regio regiao gebiet regia 地区 区域 大区 地區"))
# Columns that a retailer plans: kept even when no file has their future values.
PLANNED = re.compile(
    r"open|promo|holiday|price|discount|campaign|event|markdown"
    r"|werb|aktion|rabatt|preis|feiertag|ferien|offen|geoffnet"
    r"|prix|remise|solde|ferie|ouvert|precio|descuento|oferta|festiv|abierto|rebaja"
    r"|prezzo|sconto|offerta|aperto|prijs|korting|aanbieding|actie|feestdag|geopend"
    r"|cena|rabat|swieto|otwart|preco|desconto|feriado"
    r"|акци|скидк|цена|праздник|kampanya|indirim|fiyat|tatil|akce|sleva|kampanj"
    r"|促销|特売|セール|祝日|折扣|价格|节假日|节日|假日|活动|营业|优惠"
)
# The word that begins the label of a row with totals.
TOTALS = frozenset(
    _words(
        """
        total totals grandtotal sum subtotal
        summe gesamt gesamtsumme gesamtergebnis zwischensumme endsumme insgesamt
        somme totaux suma totale totali somma totaal eindtotaal razem ogolem lacznie
        合计 总计 总和 小计 总 合計 總計
        """
    )
)
# Words before the one that begins such a label: "Grand total".
WHOLE = frozenset(_words("grand overall the gran totale general suma 총"))
YES_WORDS = frozenset(
    _words(
        "true yes y t ja j wahr oui o vrai si sí sì s verdadero vero waar tak prawda sim 是 有 对"
    )
)
NO_WORDS = frozenset(
    _words("false no n f nein falsch non faux falso nee onwaar nie falsz fałsz nao não 否 无 没有")
)
