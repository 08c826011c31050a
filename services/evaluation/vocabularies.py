"""Labels of the enumerations of evaluation."""

from typing import Final

from chassis.vocabularies.terms import closed
from chassis.words import Words
from services.evaluation.frameworks.schemas import AggregationName, DirectionName
from services.evaluation.observations.schemas import Status
from services.evaluation.runs.method import BoundsName, ConstantName, NormalisationName, TiesName
from services.evaluation.runs.score_schemas import ReasonCode

VOCABULARIES: Final = (
    closed(
        "frameworks.direction",
        Words("指标方向", "Direction"),
        DirectionName,
        Words("正向 (越大越好)", "Higher is better"),
        Words("逆向 (越小越好)", "Lower is better"),
    ),
    closed(
        "frameworks.aggregation",
        Words("合成方法", "Aggregation"),
        AggregationName,
        Words("加权算术平均", "Weighted arithmetic mean"),
    ),
    closed(
        "observations.status",
        Words("数据状态", "Status of a value"),
        Status,
        Words("已报告", "Reported"),
        Words("估计值", "Estimated"),
        Words("缺失", "Not available"),
        Words("不适用", "Not applicable"),
        Words("保密", "Confidential"),
        Words("待报", "Pending"),
    ),
    closed(
        "runs.normalisation",
        Words("标准化方法", "Normalisation"),
        NormalisationName,
        Words("极差标准化", "Min-max"),
    ),
    closed(
        "runs.bounds",
        Words("极值范围", "Bounds"),
        BoundsName,
        Words("本次参评的实验区", "The zones of the run"),
    ),
    closed(
        "runs.constant",
        Words("常数指标的处理", "Constant indicators"),
        ConstantName,
        Words("视为缺失", "Taken as missing"),
        Words("取中值", "Middle of the scale"),
    ),
    closed(
        "runs.ties",
        Words("并列规则", "Rule for ties"),
        TiesName,
        Words("取最小名次", "Smallest rank"),
        Words("取最大名次", "Largest rank"),
        Words("取平均名次", "Average rank"),
        Words("连续名次", "Dense ranks"),
    ),
    closed(
        "scores.reason",
        Words("未计入原因", "Reason of absence"),
        ReasonCode,
        Words("没有数值", "No value"),
        Words("各实验区数值全部相同", "The same value everywhere"),
        Words("可用项数不足", "Too few available"),
        Words("没有可用的下级", "None available below"),
        Words("可用各项权重均为零", "Those available weigh nothing"),
        Words("上级缺失", "The branch above is missing"),
    ),
)
